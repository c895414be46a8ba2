package llmhttp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
)

// nowhere accepts everything.
type nowhere struct{}

func (nowhere) Export(context.Context, []exporter.Record) error { return nil }
func (nowhere) Shutdown(context.Context) error                  { return nil }

// BenchmarkStream reads a stream of 400 chunks through the transport, and
// without it.
func BenchmarkStream(b *testing.B) {
	var in bytes.Buffer
	for i := range 400 {
		fmt.Fprintf(&in, `data: {"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1767000000,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" word%d"},"logprobs":null,"finish_reason":null}],"usage":null}`+"\n\n", i)
	}
	in.WriteString(lastChunk + done)
	base := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(bytes.NewReader(in.Bytes())), Request: r}, nil
	})
	client, err := langshark.New(langshark.Config{Exporter: nowhere{}, Enabled: langshark.Enabled(true)})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Shutdown(context.WithoutCancel(b.Context()))
	for name, rt := range map[string]http.RoundTripper{"plain": base, "recorded": NewTransport(base, WithClient(client))} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(in.Len()))
			b.ReportAllocs()
			buf := make([]byte, 4096)
			for b.Loop() {
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, chatURL, bytes.NewReader([]byte(ask+`,"stream":true}`)))
				if err != nil {
					b.Fatal(err)
				}
				resp, err := rt.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{resp.Body}, buf); err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
			}
		})
	}
}

// BenchmarkCall makes a call that isn't streamed through the transport, and
// without it: 1.2 KB of chat, 0.6 KB of answer.
func BenchmarkCall(b *testing.B) {
	in := []byte(`{"model":"gpt-4o","messages":[{"role":"system","content":"` + strings.Repeat("You answer questions about orders. ", 17) + `"},{"role":"user","content":"` + strings.Repeat("Where is my parcel? ", 30) + `"}],"temperature":0.2}`)
	out := []byte(`{"id":"chatcmpl-A1","object":"chat.completion","created":1767000000,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("Your parcel arrives tomorrow. ", 20) + `","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":250,"completion_tokens":120,"total_tokens":370,` +
		`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0}},"service_tier":"default","system_fingerprint":"fp_1"}`)
	base := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(out)), Request: r}, nil
	})
	client, err := langshark.New(langshark.Config{Exporter: nowhere{}, Enabled: langshark.Enabled(true)})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Shutdown(context.WithoutCancel(b.Context()))
	ctx, root := client.StartSpan(b.Context(), "root")
	defer root.End()
	buf := make([]byte, 4096)
	for name, rt := range map[string]http.RoundTripper{"plain": base, "recorded": NewTransport(base)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				req, err := http.NewRequestWithContext(ctx, http.MethodPost, chatURL, bytes.NewReader(in))
				if err != nil {
					b.Fatal(err)
				}
				resp, err := rt.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{resp.Body}, buf); err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
			}
		})
	}
}
