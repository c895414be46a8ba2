package sqlite

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// maxDecoded bounds what a block may come to, whatever it claims.
const maxDecoded = maxPayloadBytes + maxBlockBytes

// codecs compress and decompress the payloads of all projects.
type codecs struct {
	plain *zstd.Encoder

	mu       sync.RWMutex
	decoder  *zstd.Decoder // knows all dictionaries
	known    [][]byte      // them
	trained  map[int64]*codec
	fallback *codec
}

// codec compresses the payloads of one project.
type codec struct {
	encoder *zstd.Encoder
	// dictionary is the number of the trained dictionary, 0 without.
	dictionary uint32
}

func newCodecs() (*codecs, error) {
	plain, err := newEncoder()
	if err != nil {
		return nil, err
	}
	c := &codecs{plain: plain, trained: map[int64]*codec{}, fallback: &codec{encoder: plain}}
	return c, c.learn(nil)
}

func newEncoder(options ...zstd.EOption) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, append([]zstd.EOption{
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithWindowSize(256 << 10), zstd.WithLowerEncoderMem(true),
	}, options...)...)
}

// learn makes the decoder know a further dictionary.
func (c *codecs) learn(dictionary []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if dictionary != nil {
		c.known = append(c.known, dictionary)
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxDecoded),
		zstd.WithDecoderDicts(c.known...), zstd.WithDecoderLowmem(true))
	if err != nil {
		return err
	}
	c.decoder = decoder // the one before may be in use, and is left to the garbage collector: it runs nothing
	return nil
}

// use makes new payloads of a project use a dictionary, which has been learnt.
func (c *codecs) use(project int64, id uint32, dictionary []byte) error {
	encoder, err := newEncoder(zstd.WithEncoderDict(dictionary))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trained[project] = &codec{encoder, id}
	return nil
}

// of is the codec of a project.
func (c *codecs) of(project int64) *codec {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if t := c.trained[project]; t != nil {
		return t
	}
	return c.fallback
}

// compress makes form and bytes.
func (c *codec) compress(raw []byte) []byte {
	if len(raw) >= minCompress {
		b := make([]byte, 0, len(raw)/2+64)
		if c.dictionary == 0 {
			b = append(b, formZstd)
		} else {
			b = binary.AppendUvarint(append(b, formDictionary), uint64(c.dictionary))
		}
		if b = c.encoder.EncodeAll(raw, b); len(b) <= len(raw) {
			return b
		}
	}
	return append([]byte{formPlain}, raw...)
}

// decompress is the reverse.
func (c *codecs) decompress(form []byte) ([]byte, error) {
	if len(form) == 0 {
		return nil, errBlock
	}
	body := form[1:]
	switch form[0] {
	case formPlain:
		return append([]byte(nil), body...), nil
	case formDictionary:
		_, n := binary.Uvarint(body)
		if n <= 0 {
			return nil, errBlock
		}
		body = body[n:]
	case formZstd:
	default:
		return nil, fmt.Errorf("%w: form %d", errBlock, form[0])
	}
	c.mu.RLock()
	decoder := c.decoder
	c.mu.RUnlock()
	raw, err := decoder.DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBlock, err)
	}
	return raw, nil
}

func (s *Store) loadDictionaries(d *db) error {
	return d.rows("SELECT id, project, data FROM dictionaries ORDER BY id", nil, func(r driverRow) error {
		var id, project int64
		var data []byte
		if err := r.Scan(&id, &project, &data); err != nil {
			return err
		}
		if err := s.codecs.learn(data); err != nil {
			return err
		}
		return s.codecs.use(project, uint32(id), data) //nolint:gosec // written from one
	})
}
