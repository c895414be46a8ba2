//go:build !noui

package ui

import (
	"sync"
	"time"

	"github.com/langshark/langshark-go/server/internal/chat"
	"github.com/langshark/langshark-go/server/store"
)

// maxPreviews bounds the previews kept: some 2 MB.
const maxPreviews = 4096

// previews keeps the first words of traces, because a live list asks for the
// same rows again and again and payloads are costly to parse. Its zero value is ready.
type previews struct {
	mu   sync.Mutex
	kept map[previewKey]preview
}

type previewKey struct {
	project, trace string
	updated        time.Time
	bytes          int // tells two updates within the clock's step apart
}

type preview struct{ input, output string }

// of returns the words of a trace whose payload has been read.
func (p *previews) of(t *store.Trace) preview {
	key := previewKey{t.ProjectID, t.ID, t.UpdatedAt.Round(0), len(t.Input) + len(t.Output)}
	p.mu.Lock()
	have, ok := p.kept[key]
	p.mu.Unlock()
	if ok {
		return have
	}
	made := preview{input: chat.Preview(t.Input, chat.User), output: chat.Preview(t.Output, chat.Assistant)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = make(map[previewKey]preview)
	}
	for old := range p.kept { // any will do: what is still in sight is made again
		if len(p.kept) < maxPreviews {
			break
		}
		delete(p.kept, old)
	}
	p.kept[key] = made
	return made
}
