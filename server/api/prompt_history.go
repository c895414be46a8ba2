package api

import (
	"net/http"
	"strconv"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

type wirePromptChange struct {
	Name       string               `json:"name"`
	At         instant              `json:"at"`
	By         orNull               `json:"by"`
	Action     catalog.PromptAction `json:"action"`
	Version    int                  `json:"version,omitempty"`
	Label      string               `json:"label,omitempty"`
	From       int                  `json:"from,omitempty"`
	Experiment string               `json:"experiment,omitempty"`
	Variants   []catalog.Variant    `json:"variants,omitempty"`
	Message    string               `json:"message,omitempty"`
}

func promptChangeOnWire(h *catalog.PromptChange) wirePromptChange {
	return wirePromptChange{h.Name, instant(h.At), orNull(h.By), h.Action, h.Version, h.Label, h.From, h.Experiment, h.Variants, h.Message}
}

// promptHistory is a page by cursor, which is left out on the last.
type promptHistory struct {
	Data []wirePromptChange `json:"data"`
	Meta cursorMeta         `json:"meta"`
}

func (c *call) listPromptHistory() {
	p := c.query()
	name, limit, cursor := p.text("name"), p.whole("limit", defaultLimit, 1, maxLimit), store.Cursor(p.text("cursor"))
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	changes, next, err := c.Catalog.PromptHistory(c.ctx(), c.access.ProjectID, name, store.Page{Limit: limit, After: cursor})
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, promptHistory{convert(changes, promptChangeOnWire), cursorMeta{limit, next}})
}

// wireRollback is the version that has the label now, and where the one that had it may still come from.
type wireRollback struct {
	wirePrompt

	From        int      `json:"from"` // 0 is nowhere
	Experiments []string `json:"experiments"`
}

func rollbackOnWire(b *catalog.RolledBack) wireRollback {
	return wireRollback{promptOnWire(b.Prompt), b.From, append([]string{}, b.Experiments...)}
}

func (c *call) rollbackPrompt() { change(c, http.StatusOK, c.Catalog.RollbackPrompt, rollbackOnWire) }

type (
	wirePromptDiff struct {
		From int `json:"from"`
		To   int `json:"to"`
		// Parts are null for a chat, Messages for a text.
		Parts    []catalog.DiffPart `json:"parts" nullable:"true"`
		Messages []wireMessageDiff  `json:"messages" nullable:"true"`
		Config   []catalog.DiffPart `json:"config"`
	}
	wireMessageDiff struct {
		Role  orNull             `json:"role"` // null for a placeholder
		Name  string             `json:"name,omitempty"`
		Parts []catalog.DiffPart `json:"parts"`
	}
)

func promptDiffOnWire(d *catalog.PromptDiff) wirePromptDiff {
	w := wirePromptDiff{From: d.From, To: d.To, Parts: d.Parts, Config: d.Config}
	if d.Messages != nil {
		w.Messages = convert(d.Messages, func(m *catalog.MessageDiff) wireMessageDiff { return wireMessageDiff{orNull(m.Role), m.Name, m.Parts} })
	}
	return w
}

func (c *call) diffPrompts() {
	p := c.query()
	name, from, to := p.needed("name"), p.selection("from"), p.selection("to")
	if err := p.err(); err != nil {
		c.fail(err)
		return
	}
	d, err := c.Catalog.PromptDiff(c.ctx(), c.access.ProjectID, name, from, to)
	answer(c, http.StatusOK, d, err, promptDiffOnWire)
}

// selection is a version, or the label of one.
func (p *params) selection(name string) catalog.PromptSelection {
	s := p.needed(name)
	if n, err := strconv.ParseUint(s, 10, 31); err == nil && n > 0 {
		return catalog.PromptSelection{Version: int(n)}
	}
	return catalog.PromptSelection{Label: s}
}
