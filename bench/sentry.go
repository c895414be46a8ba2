package main

import (
	"context"
	"time"

	"github.com/getsentry/sentry-go"
)

type sentryRecorder struct {
	hub  *sentry.Hub
	ctx  context.Context //nolint:containedctx // with the hub
	root *sentry.Span
}

func newSentry(to target) (recorder, error) {
	options := sentry.ClientOptions{EnableTracing: true, TracesSampleRate: 1}
	if to.discards() {
		options.Dsn, options.Transport = "http://key@127.0.0.1:1/1", sentryDiscard{}
	} else {
		options.Dsn = "http://key@" + to.URL[len("http://"):] + "/1"
	}
	client, err := sentry.NewClient(options)
	if err != nil {
		return nil, err
	}
	r := &sentryRecorder{hub: sentry.NewHub(client, sentry.NewScope())}
	r.ctx = sentry.SetHubOnContext(context.Background(), r.hub)
	return r, nil
}

func (r *sentryRecorder) trace(c *chat) {
	root := sentry.StartTransaction(r.ctx, "chat")
	root.SetData("user.id", user)
	root.SetData("session.id", session)
	retrieve := sentry.StartSpan(root.Context(), "retrieve")
	sentry.StartSpan(retrieve.Context(), "embed").Finish()
	retrieve.Finish()
	g := sentry.StartSpan(root.Context(), generate)
	g.SetData("gen_ai.request.model", "gpt-4o")
	g.SetData("gen_ai.request.messages", encode(c.input))
	g.SetData("gen_ai.response.text", encode(c.output))
	g.SetData("gen_ai.usage.input_tokens", 300)
	g.SetData("gen_ai.usage.output_tokens", 120)
	g.Finish()
	sentry.StartSpan(root.Context(), "parse").Finish()
	root.Finish()
}

func (r *sentryRecorder) span() {
	if r.root == nil {
		r.root = sentry.StartTransaction(r.ctx, "root")
	}
	sentry.StartSpan(r.root.Context(), "span").Finish()
}

// end finishes the running transaction, because its spans are kept until then,
// a thousand at most.
func (r *sentryRecorder) end() {
	if r.root != nil {
		r.root.Finish()
		r.root = nil
	}
}

func (r *sentryRecorder) settle() {
	r.end()
	r.hub.Flush(settleTimeout)
}

func (r *sentryRecorder) close(ctx context.Context) {
	r.end()
	r.hub.FlushWithContext(ctx)
}

type sentryDiscard struct{}

func (sentryDiscard) Flush(time.Duration) bool              { return true }
func (sentryDiscard) FlushWithContext(context.Context) bool { return true }
func (sentryDiscard) Configure(sentry.ClientOptions)        {}
func (sentryDiscard) SendEvent(*sentry.Event)               {}
func (sentryDiscard) Close()                                {}
