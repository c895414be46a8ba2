package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
)

const (
	httpPlain  = "net/http alone"
	httpTraced = "llmhttp"
)

// Paths of the fake provider that the sink is besides.
const (
	modelPath  = "/v1/chat/completions"
	streamPath = "/stream/v1/chat/completions"
)

// streamChunks is how many chunks a stream of the fake provider has.
const streamChunks = 400

// httpCalls compares a call of a model over loopback with and without the
// transport that records it.
func httpCalls(ctx context.Context, s settings) error {
	heading("Calls of a model", fmt.Sprintf("A chat of 1.2 KB with an answer of 0.6 KB over loopback, and a stream of %d chunks of 270 bytes, "+
		"by net/http with and without llmhttp's transport, below a running trace; exports are discarded. CPU is that of the client's process, with the recording in the background.", streamChunks))
	for _, part := range []struct {
		title string
		kind  kind
		n     int
		unit  string
		per   float64
	}{
		{"A call", kindModel, s.calls / 10, "µs", 1},
		{"A chunk of a stream", kindStream, max(s.calls/500, 10), "ns", streamChunks},
	} {
		subjects := []string{httpPlain, httpTraced}
		m, err := rounds(ctx, s, subjects, task{Kind: part.kind, Exports: true, N: part.n, Chunk: 50, Warmup: 50})
		if err != nil {
			return err
		}
		scale := part.per * 1000
		if part.unit == "ns" {
			scale = part.per
		}
		each := func(name string, f func(result) float64) []float64 {
			return m[name].of(func(r result) float64 { return f(r) / float64(r.N) })
		}
		var rows [][]string
		figures := []func(result) float64{
			func(r result) float64 { return float64(r.CPU) / scale },
			func(r result) float64 { return float64(r.Caller) / scale },
			func(r result) float64 { return float64(r.Bytes) / part.per },
			func(r result) float64 { return float64(r.Allocs) / part.per },
		}
		added := []string{"added"}
		for _, name := range subjects {
			row := []string{name}
			for i, f := range figures {
				row = append(row, fmt.Sprintf([]string{"%.1f", "%.1f", "%.0f", "%.2f"}[i], median(each(name, f))))
			}
			rows = append(rows, row)
		}
		for i, f := range figures {
			var difference []float64
			plain, traced := each(httpPlain, f), each(httpTraced, f)
			for round := range plain {
				difference = append(difference, traced[round]-plain[round])
			}
			added = append(added, fmt.Sprintf([]string{"%.1f", "%.1f", "%.0f", "%.2f"}[i], median(difference)))
		}
		table(part.title, []string{"", "CPU " + part.unit, "clock " + part.unit, "B", "allocations"}, append(rows, added))
	}
	return nil
}

// model measures calls of the fake provider.
func (t task) model() (result, error) {
	var transport http.RoundTripper = &http.Transport{MaxIdleConnsPerHost: 4}
	ctx, settle, finish := context.Background(), func() {}, func() {}
	if t.Subject == httpTraced {
		c, err := langshark.New(langshark.Config{Exporter: discard{}})
		if err != nil {
			return result{}, err
		}
		transport = llmhttp.NewTransport(transport)
		r := &langsharkRecorder{client: c}
		var root *langshark.Span
		ctx, root = c.StartSpan(ctx, "root")
		settle, finish = r.settle, func() { root.End(); r.close(context.Background()) }
	}
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	path := modelPath
	if t.Kind == kindStream {
		path = streamPath
	}
	body := []byte(`{"model":"gpt-4o","messages":[{"role":"system","content":"` + strings.Repeat("You answer questions about orders. ", 17) +
		`"},{"role":"user","content":"` + strings.Repeat("Where is my parcel? ", 30) + `"}],"temperature":0.2,"stream":` + strconv.FormatBool(t.Kind == kindStream) + `}`)
	buffer := make([]byte, 32<<10)
	var failed error
	step := func(int) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.To.URL+path, bytes.NewReader(body))
		if err != nil {
			failed = err
			return
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err != nil {
			failed = err
			return
		}
		defer resp.Body.Close()
		for err == nil {
			_, err = resp.Body.Read(buffer)
		}
		if !errors.Is(err, io.EOF) {
			failed = err
		}
	}
	r := t.steps(step, settle, finish)
	return r, failed
}

var (
	modelAnswer = `{"id":"chatcmpl-A1","object":"chat.completion","created":1767000000,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("Your parcel arrives tomorrow. ", 20) + `","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":250,"completion_tokens":120,"total_tokens":370,` +
		`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}},"service_tier":"default","system_fingerprint":"fp_1"}`
	modelChunk = `data: {"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1767000000,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_1",` +
		`"choices":[{"index":0,"delta":{"content":" parcel"},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x7k"}` + "\n\n"
	modelStream = strings.Repeat(modelChunk, streamChunks) + `data: {"id":"chatcmpl-A1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"
)

// answerModel answers as a provider, and reports whether the path is one of its.
func answerModel(w http.ResponseWriter, path string) bool {
	switch path {
	case modelPath:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, modelAnswer)
	case streamPath:
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, modelStream)
	default:
		return false
	}
	return true
}
