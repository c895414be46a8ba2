package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/henomis/langfuse-go"
	"github.com/henomis/langfuse-go/model"
)

var errNoDiscard = errors.New("the SDK has no place where exports could be discarded")

// henomisRecorder has no context and no trees: ids are passed by hand, and the
// times too. Every observation is two events.
type henomisRecorder struct {
	client *langfuse.Langfuse
	root   *model.Trace
}

func newHenomis(to target) (recorder, error) {
	if to.discards() {
		return nil, errNoDiscard
	}
	for name, value := range map[string]string{"LANGFUSE_HOST": to.URL, "LANGFUSE_PUBLIC_KEY": "pk-lf-bench", "LANGFUSE_SECRET_KEY": "sk-lf-bench"} {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	return &henomisRecorder{client: langfuse.New(context.Background())}, nil
}

func (r *henomisRecorder) start(name, traceID string, parent *string) *model.Span {
	now := time.Now()
	s, _ := r.client.Span(&model.Span{TraceID: traceID, Name: name, StartTime: &now}, parent)
	return s
}

func (r *henomisRecorder) end(s *model.Span) {
	now := time.Now()
	s.EndTime = &now
	_, _ = r.client.SpanEnd(s)
}

func (r *henomisRecorder) trace(c *chat) {
	t, _ := r.client.Trace(&model.Trace{Name: "chat", UserID: user, SessionID: session})
	root := r.start("chat", t.ID, nil)
	retrieve := r.start("retrieve", t.ID, &root.ID)
	r.end(r.start("embed", t.ID, &retrieve.ID))
	r.end(retrieve)
	now := time.Now()
	g, _ := r.client.Generation(&model.Generation{TraceID: t.ID, Name: generate, StartTime: &now, Model: "gpt-4o", Input: c.input}, &root.ID)
	end := time.Now()
	g.Output, g.EndTime = c.output, &end
	g.Usage = model.Usage{Input: 300, Output: 120, Unit: model.ModelUsageUnitTokens}
	_, _ = r.client.GenerationEnd(g)
	r.end(r.start("parse", t.ID, &root.ID))
	r.end(root)
}

func (r *henomisRecorder) span() {
	if r.root == nil {
		r.root, _ = r.client.Trace(&model.Trace{Name: "root"})
	}
	r.end(r.start("span", r.root.ID, nil))
}

// settle can't: Flush ends the client.
func (r *henomisRecorder) settle() {}

func (r *henomisRecorder) close(ctx context.Context) { r.client.Flush(ctx) }
