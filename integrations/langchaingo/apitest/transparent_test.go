package apitest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/tmc/langchaingo/llms"

	langshark "github.com/langshark/langshark-go"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// seen is all that a call gives the application, and the provider.
type seen struct {
	Answer *llms.ContentResponse
	Text   string
	Err    string
	Chunks []string
	Asked  string
}

func describe(err error) string {
	if err == nil {
		return ""
	}
	text := fmt.Sprintf("%T %v", err, err)
	for _, known := range []error{io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded, errEnough} {
		if errors.Is(err, known) {
			text += " | " + known.Error()
		}
	}
	return text
}

var errEnough = errors.New("enough")

// call asks a model in one of the ways that there are.
func call(ctx context.Context, m llms.Model, way string) (out seen) {
	messages := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeSystem, "Be kind."), llms.TextParts(llms.ChatMessageTypeHuman, "Where?")}
	hear := func(kind string) func(context.Context, []byte) error {
		return func(_ context.Context, chunk []byte) error {
			out.Chunks = append(out.Chunks, kind+string(chunk))
			if way == "stop" && len(out.Chunks) == 3 {
				return errEnough
			}
			return nil
		}
	}
	opts := []llms.CallOption{llms.WithTemperature(0.3), llms.WithStopWords([]string{"END"})}
	if way == "text" || way == "both" || way == "stop" {
		opts = append(opts, llms.WithStreamingFunc(hear("")))
	}
	if way == "reasoning" || way == "both" {
		opts = append(opts, llms.WithStreamingReasoningFunc(func(ctx context.Context, thought, chunk []byte) error {
			return hear("thought "+string(thought)+" chunk ")(ctx, chunk)
		}))
	}
	var err error
	if way == "call" {
		out.Text, err = m.Call(ctx, "Where?", opts...) //nolint:staticcheck // it is still there
	} else {
		out.Answer, err = m.GenerateContent(ctx, messages, opts...)
	}
	out.Err = describe(err)
	return out.steady()
}

// steady is without the time, which Mistral's client hands on.
func (s seen) steady() seen {
	if s.Answer != nil {
		for _, c := range s.Answer.Choices {
			delete(c.GenerationInfo, "created")
		}
	}
	return s
}

// Every client in every scenario: what the application and the provider see is
// the same with and without us.
func TestTransparent(t *testing.T) {
	for provider, lib := range clients {
		for name, s := range scenarios {
			if failure := s.replies[0].Err; lib.repeats && failure != nil && failure.Status >= http.StatusTooManyRequests {
				continue // half a second each, and shown by the scenarios
			}
			t.Run(provider+"/"+name, func(t *testing.T) {
				for _, way := range []string{"plain", "call", "text", "reasoning", "both", "stop"} {
					if provider == "googleai" && way == "stop" && name == "truncated" || lib.repeats && way == "stop" {
						continue // what then comes is the library's race; its Mistral client waits for ever
					}
					var got [2]seen
					for i := range got {
						p := fakellm.New(fakellm.WithReplies(s.replies[0]), fakellm.WithDialect(lib.dialect))
						if err := p.Start(); err != nil {
							t.Fatal(err)
						}
						rec := langsharktest.NewRecorder(t)
						m := lib.make(t, p, &http.Transport{DisableKeepAlives: true})
						ctx := rec.Context()
						if i == 1 {
							m = lslangchaingo.WrapModel(m)
							if _, ok := m.(llms.ReasoningModel); ok != (provider != "mistral") {
								t.Error("the wrapper hides what the model is, or invents it")
							}
						}
						got[i] = call(ctx, m, way)
						p.Close()
						b, err := json.Marshal(p.Requests())
						if err != nil {
							t.Fatal(err)
						}
						got[i].Asked = string(b)
						if n := len(rec.Observations()); n != i {
							t.Errorf("%s: recorded:\n%s", way, rec.Tree())
						}
					}
					if !reflect.DeepEqual(got[0], got[1]) {
						t.Errorf("%s: with us\n%+v\nwithout\n%+v", way, got[1], got[0])
					}
				}
			})
		}
	}
}

// A hundred streams at a time of each client, through one wrapped model, each with a text of its own.
func TestParallelStreams(t *testing.T) {
	const streams = 100
	for provider, lib := range clients {
		t.Run(provider, func(t *testing.T) {
			p := fakellm.New(fakellm.WithDialect(lib.dialect))
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Close)
			transport := &http.Transport{MaxIdleConnsPerHost: streams}
			t.Cleanup(transport.CloseIdleConnections)
			rec := langsharktest.NewRecorder(t)
			plain := lib.make(t, p, transport)
			model := lslangchaingo.WrapModel(plain)
			ask := func(ctx context.Context, m llms.Model, i int) string {
				var heard strings.Builder
				r, err := m.GenerateContent(ctx, []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, fmt.Sprintf("질문 %d번, with <tags>", i))},
					llms.WithModel("model-for-"+provider), // Google's client races on its own model otherwise
					llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error { heard.Write(chunk); return nil }))
				b, _ := json.Marshal(seen{Answer: r}.steady())
				return heard.String() + " " + string(b) + " " + describe(err)
			}
			if provider == "googleai" { // which keeps the last model that it was asked for
				_ = ask(t.Context(), plain, 0)
			}
			var wg sync.WaitGroup
			for i := range streams {
				wg.Go(func() {
					if with, without := ask(rec.Context(), model, i), ask(t.Context(), plain, i); with != without || !strings.Contains(with, fmt.Sprintf("질문 %d번", i)) {
						t.Errorf("stream %d: %s\nwithout us %s", i, with, without)
					}
				})
			}
			wg.Wait()
			all := rec.Observations()
			if len(all) != streams {
				t.Errorf("%d generations", len(all))
			}
			for _, o := range all {
				in := langsharktest.JSON(o.Input)
				_, number, _ := strings.Cut(in, "질문 ")
				number, _, _ = strings.Cut(number, "번")
				if !strings.Contains(langsharktest.JSON(o.Output), "질문 "+number+"번") || o.Level != langshark.LevelDefault || o.Generation.CompletionStart.IsZero() || o.Generation.Usage == nil {
					t.Errorf("%s got %s, %s, first token %v, usage %v", in, langsharktest.JSON(o.Output), o.Level, o.Generation.CompletionStart, o.Generation.Usage)
				}
			}
		})
	}
}
