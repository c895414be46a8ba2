package langshark

import (
	"encoding/hex"
	"testing"
	"time"
)

// bucketVectors are in docs/wire.md, for clients in other languages. They were worked out with sha256sum.
var bucketVectors = []struct {
	salt, unit string
	bucket     int
	hash       string
}{
	{"", "", 3192, "6e340b9cffb37a98"},
	{"tone-2026", "user-1", 3000, "c838debe651a0ed8"},
	{"tone-2026", "user-2", 6471, "e883d440c17b7667"},
	{"9f86d081884c7d65", "사용자-1", 7665, "2db6c557a3d1a151"},
}

func TestBuckets(t *testing.T) {
	for _, v := range bucketVectors {
		bucket, hash := bucketOf(v.salt, v.unit)
		if bucket != v.bucket || hex.EncodeToString(hash[:]) != v.hash {
			t.Errorf("%q, %q: %d, %x", v.salt, v.unit, bucket, hash)
		}
	}
}

func TestExperimentsThatDoNotFit(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON":    `[`,
		"no name":    `{"ranges":[]}`,
		"no prompt":  `{"experiment":"x","variants":[{"name":"a","version":1}],"ranges":[{"from":0,"to":5,"variant":"a"}]}`,
		"overlap":    `{"experiment":"x","variants":[{"name":"a","version":1}],"prompts":[{"name":"p","version":1,"prompt":""}],"ranges":[{"from":0,"to":5,"variant":"a"},{"from":4,"to":6,"variant":"a"}]}`,
		"beyond":     `{"experiment":"x","variants":[{"name":"a","version":1}],"prompts":[{"name":"p","version":1,"prompt":""}],"ranges":[{"from":0,"to":10001,"variant":"a"}]}`,
		"backwards":  `{"experiment":"x","variants":[{"name":"a","version":1}],"prompts":[{"name":"p","version":1,"prompt":""}],"ranges":[{"from":5,"to":4,"variant":"a"}]}`,
		"bad prompt": `{"experiment":"x","prompts":[{"name":"p"}]}`,
	} {
		if _, err := decodeExperiment([]byte(body), time.Now(), PromptFetched); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// FuzzDecodePrompt checks that no answer of a server brings the client down, and that what it takes can be used.
func FuzzDecodePrompt(f *testing.F) {
	for _, s := range []string{
		`{"name":"a","version":1,"prompt":"x {{y}}","config":{},"labels":["production"]}`,
		`{"name":"a","version":1,"prompt":[{"role":"user","content":"{{q}}"},{"type":"placeholder","name":"h"}]}`,
		`{"experiment":"x","salt":"s","variants":[{"name":"a","version":1}],"prompts":[{"name":"p","version":1,"prompt":""}],"ranges":[{"from":0,"to":10000,"variant":"a"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if p, err := decodePrompt(body, time.Time{}, PromptFetched); err == nil {
			if _, err := p.Messages(nil, Lenient); err != nil {
				t.Fatal(err)
			}
			_ = p.String()
		}
		if e, err := decodeExperiment(body, time.Time{}, PromptFetched); err == nil {
			_ = e.assign("unit")
		}
	})
}
