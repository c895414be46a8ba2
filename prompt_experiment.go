package langshark

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// experimentBuckets is how many parts all units fall into.
const experimentBuckets = 10_000

// assignment is what an experiment gave to a unit. The zero value is none.
type assignment struct {
	prompt, experiment, variant string
	unit                        string // 16 hexadecimal digits of its hash
}

// experiment is an experiment on a prompt: which bucket gets which version.
type experiment struct {
	name, salt string
	ranges     []bucketRange // sorted
}

type bucketRange struct {
	from, to int // half open
	variant  string
	prompt   *Prompt
}

type wireExperiment struct {
	Experiment string `json:"experiment"`
	Salt       string `json:"salt"`
	Variants   []struct {
		Name    string `json:"name"`
		Version int    `json:"version"`
	} `json:"variants"`
	Ranges []struct {
		From    int    `json:"from"`
		To      int    `json:"to"`
		Variant string `json:"variant"`
	} `json:"ranges"`
	Prompts []json.RawMessage `json:"prompts"`
}

func decodeExperiment(body []byte, at time.Time, from PromptOrigin) (*experiment, error) {
	var w wireExperiment
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, fmt.Errorf("the answer is no experiment: %w", err)
	}
	if w.Experiment == "" {
		return nil, errors.New("the answer is no experiment: it has no name")
	}
	prompts := map[int]*Prompt{}
	for _, b := range w.Prompts {
		p, err := decodePrompt(b, at, from)
		if err != nil {
			return nil, err
		}
		prompts[p.version] = p
	}
	versions := map[string]*Prompt{}
	for _, v := range w.Variants {
		versions[v.Name] = prompts[v.Version]
	}
	e := &experiment{name: w.Experiment, salt: w.Salt}
	last := 0
	for _, r := range w.Ranges {
		p := versions[r.Variant]
		if p == nil || r.From < last || r.To < r.From || r.To > experimentBuckets {
			return nil, fmt.Errorf("ranges of experiment %q: %d to %d of variant %q don't fit", w.Experiment, r.From, r.To, r.Variant)
		}
		last = r.To
		e.ranges = append(e.ranges, bucketRange{r.From, r.To, r.Variant, p})
	}
	return e, nil
}

// bucketOf is the bucket of a unit and its hash: the first 8 bytes of
// sha256(salt, a zero byte, unit) as a big-endian integer, modulo 10,000.
func bucketOf(salt, unit string) (bucket int, hash [8]byte) {
	var few [128]byte
	b := append(few[:0], salt...)
	b = append(b, 0)
	b = append(b, unit...)
	sum := sha256.Sum256(b)
	copy(hash[:], sum[:])
	return int(binary.BigEndian.Uint64(hash[:]) % experimentBuckets), hash
}

// assign is the prompt for a unit; nil if it stays outside of the experiment.
func (e *experiment) assign(unit string) *Prompt {
	bucket, hash := bucketOf(e.salt, unit)
	for i := range e.ranges {
		r := &e.ranges[i]
		if bucket < r.from {
			return nil
		}
		if bucket < r.to {
			p := *r.prompt
			p.experiment = assignment{p.name, e.name, r.variant, hex.EncodeToString(hash[:])}
			return &p
		}
	}
	return nil
}

// Experiment says which variant of which experiment the prompt was given for; "" if for none.
func (p *Prompt) Experiment() (name, variant string) {
	if p == nil {
		return "", ""
	}
	return p.experiment.experiment, p.experiment.variant
}
