package apitest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// api is OpenAI as far as it is needed: a fake provider for the models, one
// answer that fits them all for the rest. It keeps what it was sent.
type api struct {
	models http.Handler
	fail   func(w http.ResponseWriter, r *http.Request) bool

	mu   sync.Mutex
	sent []string
}

var boundary = regexp.MustCompile(`[0-9a-f]{60}`)

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil // the same in every second
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	var head bytes.Buffer
	_ = r.Header.Write(&head)
	a.mu.Lock()
	a.sent = append(a.sent, boundary.ReplaceAllString(fmt.Sprintf("%s %s %d %v\n%s\n%s", r.Method, r.URL, r.ContentLength, r.TransferEncoding, head.String(), body), "boundary"))
	a.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	if a.fail != nil && a.fail(w, r) {
		return
	}
	for _, path := range []string{"/chat/completions", "/completions", "/responses", "/embeddings", "/images/", "/audio/", "/moderations", "/models"} {
		if strings.HasPrefix(r.URL.Path, "/v1"+path) && !strings.Contains(r.URL.Path, "id_") && !strings.Contains(r.URL.Path, "/responses/") {
			a.models.ServeHTTP(w, r)
			return
		}
	}
	if strings.HasSuffix(r.URL.Path, "/content") {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write([]byte{0, 1, 2, 0xff})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"id":"id_9","object":"thing","created_at":1767000000,"status":"completed","deleted":true,"model":"gpt-4o","output":[],"input_tokens":7,"data":[{"id":"id_10"}],"choices":[{"text":"hello","index":0}],"usage":{"prompt_tokens":3,"total_tokens":3}}`)
}

func (a *api) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	sent := a.sent
	a.sent = nil
	return sent
}

func provider() *fakellm.Provider {
	return fakellm.New(fakellm.WithResponder(func(_ context.Context, req *fakellm.Request) fakellm.Reply {
		return fakellm.Reply{Text: "한 번 더 말해 주세요: " + req.LastUser(), ReasoningTokens: 5}
	}))
}

// failures are the ways in which a provider may fail.
var failures = map[string]func(w http.ResponseWriter, r *http.Request) bool{
	"success":                 nil,
	"bad request":             status(400, "application/json", `{"error":{"message":"Unsupported value","type":"invalid_request_error","param":"x","code":"unsupported_value"}}`),
	"rate limit":              status(429, "application/json", `{"error":{"message":"Rate limit reached","type":"tokens","param":null,"code":"rate_limit_exceeded"}}`),
	"error page":              status(502, "text/html", "<html><body>502 Bad Gateway</body></html>"),
	"error in the wrong form": status(500, "application/json", `{"error":"just a text"}`),
	"page instead of JSON":    status(200, "text/html; charset=utf-8", "<html>maintenance</html>"),
	"nothing":                 status(200, "application/json", ""),
	"refused":                 func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
	"broken off": func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"id":"id_9","object":"thi`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	},
	"stream with an error": status(200, "text/event-stream", "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n"),
	"stream cut off":       status(200, "text/event-stream", "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"),
}

func status(code int, contentType, body string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Ratelimit-Remaining-Requests", "0")
		w.WriteHeader(code)
		fmt.Fprint(w, body)
		return true
	}
}

func clients(url string, transport http.RoundTripper, opts ...lsopenai.Option) (plain, traced *openai.Client) {
	config := openai.DefaultConfig("sk-test")
	config.BaseURL = url + "/v1"
	config.HTTPClient = &http.Client{Transport: transport}
	wrapped := config
	lsopenai.WrapConfig(&wrapped, opts...)
	return openai.NewClientWithConfig(config), openai.NewClientWithConfig(wrapped)
}

// Every method of the library, however the provider answers: what the
// application and the provider see is the same with and without us, and there is
// one observation for each request.
func TestTransparent(t *testing.T) {
	for name, fail := range failures {
		if testing.Short() && name != "success" && name != "rate limit" && name != "broken off" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			server := &api{models: provider(), fail: fail}
			srv := httptest.NewServer(server)
			defer srv.Close()
			rec := langsharktest.NewRecorder(t)
			transport := &http.Transport{DisableKeepAlives: true}
			defer transport.CloseIdleConnections()
			plain, traced := clients(srv.URL, transport)
			for _, m := range methods(t) {
				ctx, root := langshark.StartTrace(rec.Context(), "test")
				without := m.do(ctx, plain)
				sentWithout := server.take()
				with := m.do(ctx, traced)
				sent := server.take()
				root.End()
				if !reflect.DeepEqual(sent, sentWithout) {
					t.Errorf("%s: the provider got\n%s\nand without us\n%s", m.name, strings.Join(sent, "\n"), strings.Join(sentWithout, "\n"))
				}
				if with, without := steady(with), steady(without); with != without {
					t.Errorf("%s: the application got\n%s\nand without us\n%s", m.name, with, without)
				}
				if n := len(rec.Observations()) - 1; n != len(sent) {
					t.Errorf("%s: %d observations of %d requests\n%s", m.name, n, len(sent), rec.Tree())
				}
				for _, o := range rec.Observations() {
					if failed := name != "success"; o.Name != "test" && failed == (o.Level == langshark.LevelDefault) && !lenient(name, o.Name) {
						t.Errorf("%s: %s has level %s: %s", m.name, o.Name, o.Level, o.StatusMessage)
					}
				}
				rec.Reset()
			}
		})
	}
}

// lenient says where a failure is none for the endpoint: it may answer with any
// text, or with the beginning of a stream.
func lenient(failure, name string) bool {
	switch failure {
	case "page instead of JSON", "nothing", "stream with an error", "stream cut off":
		return true
	}
	return strings.HasPrefix(name, "speech") || strings.Contains(name, "/content") ||
		failure == "broken off" && strings.HasPrefix(name, "DELETE") // the library doesn't read those answers
}

// steady shows what was made without what the provider counts up: runs of hex
// digits that are ids or times.
func steady(m made) string {
	in := fmt.Sprintf("%v\n%s\n%q\n%v\n%s", m.Values, m.Err, m.Body, m.Pieces, m.End)
	out := make([]byte, 0, len(in))
	for i := 0; i < len(in); {
		end := i
		for end < len(in) && strings.IndexByte("0123456789abcdef", in[end]) >= 0 {
			end++
		}
		if end-i >= len("1767000000") {
			out = append(out, '~')
		} else {
			end = max(end, i+1)
			out = append(out, in[i:end]...)
		}
		i = end
	}
	return string(out)
}

// A hundred streams at a time of each kind, each with a text of its own.
func TestParallelStreams(t *testing.T) {
	const streams = 100
	server := &api{models: provider()}
	srv := httptest.NewServer(server)
	defer srv.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: streams}
	defer transport.CloseIdleConnections()
	for name, opts := range map[string][]lsopenai.Option{"as it is": nil, "with usage asked for": {lsopenai.WithStreamUsage()}} {
		t.Run(name, func(t *testing.T) {
			rec := langsharktest.NewRecorder(t)
			plain, traced := clients(srv.URL, transport, opts...)
			ctx, root := langshark.StartTrace(rec.Context(), "many")
			read := func(ctx context.Context, c *openai.Client, i int) string {
				question := fmt.Sprintf("질문 %d번, with <tags> & \"quotes\"", i)
				var m made
				switch i % 3 {
				case 0:
					s, err := c.CreateChatCompletionStream(ctx, openai.ChatCompletionRequest{Model: "gpt-4o", Messages: []openai.ChatCompletionMessage{{Role: "user", Content: question}}})
					if err != nil {
						return err.Error()
					}
					m.drain(reflect.ValueOf(s))
				case 1:
					s, err := c.CreateCompletionStream(ctx, openai.CompletionRequest{Model: "gpt-3.5-turbo-instruct", Prompt: question})
					if err != nil {
						return err.Error()
					}
					m.drain(reflect.ValueOf(s))
				default:
					s, err := c.CreateResponseStream(ctx, openai.CreateResponseRequest{Model: "gpt-5", Input: question})
					if err != nil {
						return err.Error()
					}
					m.drain(reflect.ValueOf(s))
				}
				return steady(m)
			}
			var wg sync.WaitGroup
			for i := range streams {
				wg.Go(func() {
					if with, without := read(ctx, traced, i), read(t.Context(), plain, i); with != without {
						t.Errorf("stream %d:\n%s\nwithout us\n%s", i, with, without)
					}
				})
			}
			wg.Wait()
			root.End()
			n := 0
			for _, o := range rec.Observations() {
				if o.Kind != langshark.KindGeneration {
					continue
				}
				n++
				in := langsharktest.JSON(o.Input)
				number := regexp.MustCompile(`질문 \d+번`).FindString(in)
				if number == "" || !strings.Contains(langsharktest.JSON(o.Output), number) {
					t.Errorf("%s got %s", in, langsharktest.JSON(o.Output))
				}
				if langsharktest.Metadata(o, "langshark.stream.end") != `"complete"` || o.Generation.CompletionStart.IsZero() {
					t.Errorf("%s: %s, first token %v", o.Name, langsharktest.Metadata(o, "langshark.stream.end"), o.Generation.CompletionStart)
				}
			}
			if n != streams {
				t.Errorf("%d generations", n)
			}
		})
	}
}

// Each method's observation on success, as a list to read.
func TestWhatIsRecorded(t *testing.T) {
	server := &api{models: provider()}
	srv := httptest.NewServer(server)
	defer srv.Close()
	rec := langsharktest.NewRecorder(t)
	transport := &http.Transport{DisableKeepAlives: true}
	_, traced := clients(srv.URL, transport)
	var list strings.Builder
	for _, m := range methods(t) {
		ctx, root := langshark.StartTrace(rec.Context(), m.name)
		_ = m.do(ctx, traced)
		root.End()
		list.WriteString(strings.TrimPrefix(rec.Tree(), "span "))
		rec.Reset()
	}
	golden(t, "testdata/recorded.golden", list.String())
}

func TestCancelled(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	server := &api{models: provider(), fail: func(http.ResponseWriter, *http.Request) bool {
		arrived <- struct{}{}
		<-release
		panic(http.ErrAbortHandler)
	}}
	srv := httptest.NewServer(server)
	defer srv.Close()
	defer close(release)
	rec := langsharktest.NewRecorder(t)
	transport := &http.Transport{DisableKeepAlives: true}
	plain, traced := clients(srv.URL, transport)
	for _, m := range methods(t) {
		var got [2]string
		for i, c := range []*openai.Client{plain, traced} {
			ctx, root := langshark.StartTrace(rec.Context(), "test")
			ctx, cancel := context.WithCancel(ctx)
			go func() {
				<-arrived
				cancel()
			}()
			got[i] = steady(m.do(ctx, c))
			cancel()
			root.End()
		}
		if got[0] != got[1] {
			t.Errorf("%s: %s\nwithout us %s", m.name, got[1], got[0])
		}
		for _, o := range rec.Observations() {
			if o.Name != "test" && (o.Level != langshark.LevelWarning || o.StatusMessage != "context canceled") {
				t.Errorf("%s: %s %s %q", m.name, o.Name, o.Level, o.StatusMessage)
			}
		}
		rec.Reset()
	}
}
