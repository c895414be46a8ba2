package fakellm

import (
	"cmp"
	"encoding/binary"
)

// speech is what is to be spoken.
type speech struct {
	Model  string `json:"model"`
	Input  string `json:"input"`
	Format string `json:"response_format"`
}

// sounds are the formats: their content type, and how their bytes begin.
var sounds = map[string]struct{ contentType, begin string }{
	"mp3":  {"audio/mpeg", "\xff\xfb\x90\xc4"},
	"opus": {"audio/opus", "OggS\x00\x02"},
	"aac":  {"audio/aac", "\xff\xf1\x50\x80"},
	"flac": {"audio/flac", "fLaC\x00\x00\x00\x22"},
	"wav":  {"audio/wav", ""},
	"pcm":  {"audio/pcm", ""},
}

// silence is a tenth of a second of 16-bit samples at 24 kHz.
const (
	sampleRate = 24000
	silence    = sampleRate / 10 * 2
)

var speechEndpoint = &endpoint{
	api: Speech, vendor: openAI,
	read: func(c *call) *Error {
		in := &speech{}
		if e := c.parse(in); e != nil {
			return e
		}
		in.Model, in.Format = c.named(in.Model), cmp.Or(in.Format, "mp3")
		switch _, known := sounds[in.Format]; {
		case in.Model == "":
			return invalid("model", "you must provide a model parameter")
		case in.Input == "":
			return invalid("input", "Missing required parameter: 'input'.")
		case !known:
			return invalid("response_format", "Invalid value: '"+in.Format+"'. Supported values are: 'mp3', 'opus', 'aac', 'flac', 'wav', and 'pcm'.")
		}
		c.in, c.req.Model = in, in.Model
		c.req.say("user", in.Input)
		return nil
	},
	answer: func(c *call) (string, []byte) {
		in := c.in.(*speech)
		s := sounds[in.Format]
		switch {
		case c.replies[0].Audio != nil:
			return s.contentType, c.replies[0].Audio
		case in.Format == "wav":
			return s.contentType, wave()
		default:
			return s.contentType, append([]byte(s.begin), make([]byte, silence)...)
		}
	},
}

// wave is silence as a WAV file.
func wave() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32([]byte("RIFF"), 36+silence)
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = le.AppendUint16(le.AppendUint16(b, 1), 1) // PCM, one channel
	b = le.AppendUint32(le.AppendUint32(b, sampleRate), sampleRate*2)
	b = le.AppendUint16(le.AppendUint16(b, 2), 16)
	b = le.AppendUint32(append(b, "data"...), silence)
	return append(b, make([]byte, silence)...)
}
