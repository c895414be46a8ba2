package langchaingo_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/tmc/langchaingo/callbacks"
	"github.com/tmc/langchaingo/chains"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/prompts"
	"github.com/tmc/langchaingo/schema"
	"github.com/tmc/langchaingo/tools"

	langshark "github.com/langshark/langshark-go"
	lslangchaingo "github.com/langshark/langshark-go/integrations/langchaingo"
	"github.com/langshark/langshark-go/langsharktest"
)

// errKeyed is what a tool of the library's fails with: its key is in the URL.
var errKeyed = fmt.Errorf("searching: %w", &url.Error{Op: "Get", URL: "https://serpapi.com/search?api_key=SECRET&q=two words", Err: context.DeadlineExceeded})

// keyed fails with it, whatever it is used as.
type keyed struct{ panics bool }

func (k keyed) fail() error {
	if k.panics {
		panic(errKeyed)
	}
	return errKeyed
}

func (keyed) Name() string                                   { return "search" }
func (keyed) Description() string                            { return "Searches." }
func (k keyed) Call(context.Context, string) (string, error) { return "", k.fail() }

func (k keyed) EmbedQuery(context.Context, string) ([]float32, error) { return nil, k.fail() }

func (k keyed) EmbedDocuments(context.Context, []string) ([][]float32, error) { return nil, k.fail() }

func (k keyed) GetRelevantDocuments(context.Context, string) ([]schema.Document, error) {
	return nil, k.fail()
}

// keyedModel is a model that fails so.
type keyedModel struct{ keyed }

func (m keyedModel) Call(context.Context, string, ...llms.CallOption) (string, error) {
	return "", m.fail()
}

func (m keyedModel) GenerateContent(context.Context, []llms.MessageContent, ...llms.CallOption) (*llms.ContentResponse, error) {
	return nil, m.fail()
}

// Keys in the URLs of errors were recorded. The application sees its error as it is.
func TestErrorsAreRecordedWithoutQueries(t *testing.T) {
	const want = `searching: Get "https://serpapi.com/search": context deadline exceeded`
	ask := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, "?")}
	for name, call := range map[string]func(ctx context.Context, k keyed) error{
		"tool": func(ctx context.Context, k keyed) error {
			_, err := lslangchaingo.WrapTool(k).Call(ctx, "q")
			return err
		},
		"retriever": func(ctx context.Context, k keyed) error {
			_, err := lslangchaingo.WrapRetriever(k).GetRelevantDocuments(ctx, "q")
			return err
		},
		"embedder": func(ctx context.Context, k keyed) error {
			_, err := lslangchaingo.WrapEmbedder(k).EmbedQuery(ctx, "q")
			return err
		},
		"model": func(ctx context.Context, k keyed) error {
			_, err := lslangchaingo.WrapModel(keyedModel{k}).GenerateContent(ctx, ask)
			return err
		},
		"chain": func(ctx context.Context, k keyed) error {
			_, err := chains.Run(ctx, lslangchaingo.WrapChain(chains.NewLLMChain(keyedModel{k}, prompts.NewPromptTemplate("{{.x}}", []string{"x"}))), "?")
			return err
		},
		"handler": func(ctx context.Context, k keyed) error {
			h := lslangchaingo.NewHandler()
			defer h.Close()
			h.HandleToolStart(ctx, "q")
			err := errKeyed
			h.HandleToolError(ctx, err)
			return err
		},
	} {
		for _, panics := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/panics=%v", name, panics), func(t *testing.T) {
				rec := langsharktest.NewRecorder(t)
				seen := func() (err error) {
					defer func() {
						if p := recover(); p != nil {
							err = p.(error)
						}
					}()
					return call(rec.Context(), keyed{panics})
				}()
				var inner *url.Error
				if !errors.Is(seen, errKeyed) || !errors.As(seen, &inner) || !strings.Contains(seen.Error(), "SECRET") {
					t.Errorf("the application sees %v", seen)
				}
				for _, o := range rec.Observations() {
					if o.Level == langshark.LevelDefault || strings.TrimPrefix(o.StatusMessage, "panic: ") != want {
						t.Errorf("%s: level %v, %q", o.Name, o.Level, o.StatusMessage)
					}
					if !o.Output.IsZero() {
						t.Errorf("%s: an output beside the error: %s", o.Name, langsharktest.JSON(o.Output))
					}
				}
				if len(rec.Observations()) == 0 {
					t.Error("nothing is recorded")
				}
			})
		}
	}
}

// What a tool said before it failed stays, and so does that it said nothing.
func TestOutputsOfTools(t *testing.T) {
	for want, tool := range map[string]tools.Tool{`"noon"`: clock{errKeyed}, `""`: silent{}} {
		rec := langsharktest.NewRecorder(t)
		_, _ = lslangchaingo.WrapTool(tool).Call(rec.Context(), "q")
		requireJSON(t, tool.Name(), rec.RequireObservation(tool.Name()).Output, want)
	}
}

type silent struct{ keyed }

func (silent) Name() string                                 { return "silent" }
func (silent) Call(context.Context, string) (string, error) { return "", nil }

// everyCallback calls all methods of a handler.
func everyCallback(ctx context.Context, h callbacks.Handler) {
	h.HandleText(ctx, "a")
	h.HandleChainStart(ctx, map[string]any{"a": 1})
	h.HandleAgentAction(ctx, schema.AgentAction{Tool: "t", ToolInput: "q"})
	h.HandleToolStart(ctx, "q")
	h.HandleToolEnd(ctx, "b")
	h.HandleToolStart(ctx, "q")
	h.HandleToolError(ctx, errKeyed)
	h.HandleLLMStart(ctx, []string{"a"})
	h.HandleLLMError(ctx, errKeyed)
	h.HandleLLMGenerateContentStart(ctx, []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, "?")})
	h.HandleStreamingFunc(ctx, []byte("b"))
	h.HandleLLMGenerateContentEnd(ctx, &llms.ContentResponse{Choices: []*llms.ContentChoice{{Content: "b"}}})
	h.HandleRetrieverStart(ctx, "q")
	h.HandleRetrieverEnd(ctx, "q", []schema.Document{{PageContent: "b"}})
	h.HandleAgentFinish(ctx, schema.AgentFinish{})
	h.HandleChainEnd(ctx, map[string]any{"b": 1})
	h.HandleChainStart(ctx, nil)
	h.HandleChainError(ctx, errKeyed)
}

func TestHandlersThatNobodyMade(t *testing.T) {
	want := langsharktest.NewRecorder(t)
	everyCallback(want.Context(), lslangchaingo.NewHandler())
	if len(want.Observations()) != 9 {
		t.Errorf("recorded:\n%s", want.Tree())
	}

	rec := langsharktest.NewRecorder(t)
	var zero lslangchaingo.Handler
	everyCallback(rec.Context(), &zero)
	zero.Close()
	if rec.Tree() != want.Tree() {
		t.Errorf("the zero handler records\n%s\nnot\n%s", rec.Tree(), want.Tree())
	}
	(&lslangchaingo.Handler{}).HandleToolEnd(rec.Context(), "b")
	(&lslangchaingo.Handler{}).Close()

	rec = langsharktest.NewRecorder(t)
	var none *lslangchaingo.Handler
	everyCallback(rec.Context(), none)
	none.Close()
	if len(rec.Observations()) != 0 {
		t.Errorf("nil records\n%s", rec.Tree())
	}
}
