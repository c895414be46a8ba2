package main

import (
	"bytes"
	"context"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/otlp"
)

type langsharkRecorder struct {
	client *langshark.Client
	chats  []langsharkChat // the chats in its types, made once
	ctx    context.Context //nolint:containedctx // of the running trace, for bare spans
	root   *langshark.Span
}

func newLangshark(name string, to target) (recorder, error) {
	cfg := langshark.Config{
		Host: to.URL, PublicKey: "pk-lf-bench", SecretKey: "sk-lf-bench", Protocol: langshark.ProtocolIngestion,
		QueueBytes: to.QueueBytes, SpoolDir: to.SpoolDir, OnError: func(error) {},
	}
	endpoint := otlp.Config{Endpoint: to.URL, PublicKey: cfg.PublicKey, SecretKey: cfg.SecretKey, SDKVersion: langshark.Version}
	var err error
	switch {
	case to.discards():
		cfg.Exporter = discard{}
	case name == sharkOTLP:
		cfg.Exporter, err = otlp.New(endpoint, exporter.WithCompressor(nil))
	case name == sharkOTLPGzip:
		cfg.Exporter, err = otlp.New(endpoint)
	case name == sharkOTLPKGzip:
		cfg.Exporter, err = otlp.New(endpoint, exporter.WithCompressor(fastGzip{}))
	}
	if err != nil {
		return nil, err
	}
	c, err := langshark.New(cfg)
	if err != nil {
		return nil, err
	}
	r := &langsharkRecorder{client: c}
	for i := range chats {
		r.chats = append(r.chats, langsharkChat{langsharkMessages(chats[i].input), langsharkMessages(chats[i].output)})
	}
	return r, nil
}

type langsharkChat struct{ input, output []langshark.Message }

func langsharkMessages(list []message) []langshark.Message {
	converted := make([]langshark.Message, 0, len(list))
	for _, m := range list {
		converted = append(converted, langshark.Message{Role: m.Role, Content: m.Content})
	}
	return converted
}

func (r *langsharkRecorder) trace(c *chat) {
	ctx, root := r.client.StartTrace(context.Background(), "chat", langshark.WithUser(user), langshark.WithSession(session))
	ctx2, retrieve := langshark.StartObservation(ctx, langshark.KindRetriever, "retrieve")
	_, embed := langshark.StartObservation(ctx2, langshark.KindEmbedding, "embed")
	embed.End()
	retrieve.End()
	_, g := langshark.StartGeneration(ctx, generate)
	g.SetModel("gpt-4o")
	g.SetInput(r.chats[c.index].input)
	g.SetOutput(r.chats[c.index].output)
	g.SetUsage(langshark.Usage{InputTokens: 300, OutputTokens: 120})
	g.End()
	_, parse := langshark.StartSpan(ctx, "parse")
	parse.End()
	root.End()
}

func (r *langsharkRecorder) span() {
	if r.root == nil {
		r.ctx, r.root = r.client.StartSpan(context.Background(), "root")
	}
	_, s := langshark.StartSpan(r.ctx, "span")
	s.End()
}

func (r *langsharkRecorder) settle() {
	ctx, cancel := context.WithTimeout(context.Background(), settleTimeout)
	defer cancel()
	_ = r.client.Flush(ctx)
}

func (r *langsharkRecorder) close(ctx context.Context) {
	r.root.End()
	_ = r.client.Shutdown(ctx)
}

func (r *langsharkRecorder) counts() exporter.Stats { return r.client.Stats().Stats }

// discard accepts everything.
type discard struct{}

func (discard) Export(context.Context, []exporter.Record) error { return nil }
func (discard) Shutdown(context.Context) error                  { return nil }

// fastGzip is a compressor from outside of the SDK.
type fastGzip struct{}

var fastWriters = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil { // the level is one
		panic(err)
	}
	return w
}}

func (fastGzip) Encoding() string { return "gzip" }

func (fastGzip) Compress(dst, src []byte) ([]byte, error) {
	w := fastWriters.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool holds nothing else
	defer fastWriters.Put(w)
	b := bytes.NewBuffer(dst)
	w.Reset(b)
	if _, err := w.Write(src); err != nil {
		return dst, err
	}
	if err := w.Close(); err != nil {
		return dst, err
	}
	return b.Bytes(), nil
}
