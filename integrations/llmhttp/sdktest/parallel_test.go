package sdktest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/integrations/llmhttp"
	"github.com/langshark/langshark-go/langsharktest"
)

// asItIs writes what JSON may escape without it.
var asItIs = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

// A hundred streams at a time by each SDK, each with a text of its own.
func TestParallelStreams(t *testing.T) {
	const streams = 100
	for _, r := range requests() {
		if !strings.HasSuffix(r.name, "-stream") {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			rec := langsharktest.NewRecorder(t)
			p := serve(t, provider(), r.host)
			transport := p.http.Transport.(*http.Transport)
			transport.DisableKeepAlives, transport.MaxIdleConnsPerHost = false, streams // and connections that are used again
			traced := p
			traced.http = &http.Client{Transport: llmhttp.NewTransport(transport)}
			ctx, root := langshark.StartTrace(rec.Context(), "many")
			ask := func(ctx context.Context, p place, i int) string {
				p.question = fmt.Sprintf("질문 %d번, with <tags> & \"quotes\"", i)
				m := made{brief: true}
				r.do(ctx, p, &m)
				return numbered.ReplaceAllString(m.steadied(), "~")
			}
			var wg sync.WaitGroup
			for i := range streams {
				wg.Go(func() {
					with, without := ask(ctx, traced, i), ask(t.Context(), p, i)
					if with != without || !strings.Contains(with, "질문 ") {
						t.Errorf("stream %d:\n%s\nwithout us\n%s", i, with, without)
					}
				})
			}
			wg.Wait()
			root.End()
			numbers := map[string]bool{}
			for _, o := range rec.Observations() {
				if o.Generation == nil {
					continue
				}
				in, out := langsharktest.JSON(o.Input), asItIs.Replace(langsharktest.JSON(o.Output))
				number := ofQuestion.FindString(in)
				if number == "" || !strings.Contains(out, number+`, with <tags> & \"quotes\"`) || numbers[number] {
					t.Errorf("%s got %s", in, out)
				}
				numbers[number] = true
				if langsharktest.Metadata(o, "langshark.stream.end") != `"complete"` || o.Generation.CompletionStart.IsZero() || o.Level != langshark.LevelDefault {
					t.Errorf("%s: %s %s, first token %v", o.Name, langsharktest.Metadata(o, "langshark.stream.end"), o.StatusMessage, o.Generation.CompletionStart)
				}
			}
			if len(numbers) != streams {
				t.Errorf("%d generations", len(numbers))
			}
		})
	}
}
