package langshark_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
)

// TestChangesWhilePromptsMakeRoom once took two locks in both orders.
func TestChangesWhilePromptsMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{})
		const names = langshark.MaxPrompts + 300
		for i := range names {
			h.set(fmt.Sprintf("p%d@production", i), "x")
		}
		h.changes = make(chan string)
		c := prompts(t, telling{h}, nil)
		var all sync.WaitGroup
		for g := range 4 {
			all.Go(func() {
				for i := range names {
					want(t, textOf(c.Prompt(t.Context(), fmt.Sprintf("p%d", (i*7+g*131)%names))), "x")
				}
			})
		}
		all.Go(func() {
			for i := range names {
				h.changes <- fmt.Sprintf("p%d", i)
				c.InvalidatePrompt(fmt.Sprintf("p%d", (i*3)%names))
			}
		})
		all.Wait()
		synctest.Wait() // for the last change, which is on its way
		if s := c.Stats().Prompts; s.Kept != langshark.MaxPrompts || s.Evicted == 0 || s.Pushed != names {
			t.Errorf("%+v", s)
		}
	})
}

func TestOnErrorMayTakeItsTimeAndAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		var c *langshark.Client
		asked := make(chan string, 100)
		c = prompts(t, h, func(cfg *langshark.Config) {
			cfg.OnError = func(error) {
				advance(2 * time.Second)
				asked <- textOf(c.Prompt(context.Background(), "a"))
			}
		})
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		h.fail(errors.New("down"))
		advance(langshark.DefaultPromptTTL)
		for range 3 {
			begun := time.Now()
			want(t, textOf(c.Prompt(t.Context(), "a")), "one")
			if waited := time.Since(begun); waited != 0 {
				t.Errorf("waited %v", waited)
			}
			synctest.Wait()
		}
		want(t, <-asked, "one")
	})
}

func TestAValueIsThereAtOnceThoughItIsFetchedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		h.changes, h.delay = make(chan string), time.Second
		c := prompts(t, telling{h}, nil)
		begun := time.Now()
		want(t, textOf(c.Prompt(t.Context(), "a")), "one") // the first event comes while it is fetched
		if waited := time.Since(begun); waited != time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestAHandleMissesNoChange has one change after another while each is fetched.
func TestAHandleMissesNoChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "v0"})
		h.changes = make(chan string)
		c := prompts(t, telling{h}, nil)
		handle, err := c.WatchPrompt(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		h.mu.Lock()
		h.delay = 30 * time.Millisecond
		h.mu.Unlock()
		for i := 1; i <= 5; i++ {
			h.set("a@production", fmt.Sprintf("v%d", i))
			h.changes <- "a"
			advance(20 * time.Millisecond)
		}
		advance(100 * time.Millisecond)
		want(t, handle.Prompt().Text(), "v5")
	})
}

func TestAPromptThatIsMadeWhileItIsNotFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"b@production": "x"})
		h.changes = make(chan string)
		c := prompts(t, telling{h}, nil)
		want(t, textOf(c.Prompt(t.Context(), "b")), "x")
		h.mu.Lock()
		h.delay = time.Second
		h.mu.Unlock()
		go func() { _, _ = c.Prompt(t.Context(), "a") }() // nothing, which takes a second to say
		advance(500 * time.Millisecond)
		h.set("a@production", "made")
		h.changes <- "a"
		advance(2 * time.Second)
		want(t, textOf(c.Prompt(t.Context(), "a")), "made")
	})
}

func TestClosingAHandleTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		c := prompts(t, h, nil)
		first, err := c.WatchPrompt(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		second, err := c.WatchPrompt(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		first.Close()
		first.Close()
		h.set("a@production", "two")
		advance(langshark.DefaultPromptTTL + time.Second)
		want(t, second.Prompt().Text(), "two")
	})
}

func TestMoreHandlesThanPromptsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{})
		h.changes = make(chan string)
		c := prompts(t, telling{h}, nil)
		var last *langshark.PromptHandle
		for i := range langshark.MaxPrompts + 2 {
			name := fmt.Sprintf("p%d", i)
			h.set(name+"@production", "x")
			var err error
			if last, err = c.WatchPrompt(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		name := fmt.Sprintf("p%d", langshark.MaxPrompts+1)
		h.set(name+"@production", "changed")
		h.changes <- name
		synctest.Wait()
		want(t, last.Prompt().Text(), "changed")
		h.set("other@production", "y")
		asked := h.count()
		for range 5 {
			want(t, textOf(c.Prompt(t.Context(), "other")), "y")
		}
		if n := h.count() - asked; n != 1 {
			t.Errorf("another prompt was fetched %d times", n)
		}
	})
}

func TestTTLIsTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{"a@production": "one"})
		h.changes = make(chan string)
		c := prompts(t, telling{h}, nil)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		synctest.Wait()
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithTTL(0))), "one")
		asked := h.count()
		for range 10 {
			advance(langshark.DefaultPromptTTL)
			want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithTTL(time.Hour))), "one")
		}
		if h.count() != asked {
			t.Error("an hour was said, and it was fetched each minute")
		}
		h.mu.Lock()
		h.delay = time.Second
		h.mu.Unlock()
		go func() { _, _ = c.Prompt(t.Context(), "a", langshark.WithTTL(0)) }()
		advance(500 * time.Millisecond)
		h.set("a@production", "two") // which the fetch that runs doesn't see
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithTTL(0))), "two")
	})
}

func TestOneExperimentNameOnTwoPrompts(t *testing.T) {
	h := newHub(map[string]string{"a@production": "A", "b@production": "B"})
	for _, name := range []string{"a", "b"} {
		h.set(name+"@experiment tone", fmt.Sprintf(`{"experiment":"tone","salt":"s","variants":[{"name":"of-%[1]s","version":1}],
			"ranges":[{"from":0,"to":10000,"variant":"of-%[1]s"}],"prompts":[{"name":"%[1]s","version":1,"prompt":"x"}]}`, name))
	}
	r := record(t, langshark.Config{Prompts: h})
	ctx, tr := r.StartTrace(t.Context(), "trace")
	for _, name := range []string{"a", "b"} {
		if _, err := r.Prompt(ctx, name, langshark.InExperiment("tone", "u")); err != nil {
			t.Fatal(err)
		}
	}
	tr.End()
	for _, name := range []string{"a", "b"} {
		if got := meta(r.trace().Attributes.Metadata, "langshark.experiment."+name+":tone"); got != `"of-`+name+`"` {
			t.Errorf("%s was given %s", name, got)
		}
	}
}

func TestAnExperimentThatFailsIsTold(t *testing.T) {
	h := newHub(map[string]string{"a@production": "A", "a@experiment x": `{"experiment":"x","ranges":[{"from":0,"to":20000,"variant":"v"}]}`})
	told := make(chan error, 10)
	c := prompts(t, h, func(cfg *langshark.Config) { cfg.OnError = func(err error) { told <- err } })
	want(t, textOf(c.Prompt(t.Context(), "a", langshark.InExperiment("x", "u"))), "A")
	if err := <-told; !strings.Contains(err.Error(), `experiment "x"`) {
		t.Errorf("%v", err)
	}
}

func TestAnExperimentAndItsPromptAreFetchedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{})
		h.delay, h.down = time.Hour, errors.New("down")
		c := prompts(t, h, nil)
		begun := time.Now()
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.InExperiment("x", "u"), langshark.WithFallback("code"))), "code")
		if waited := time.Since(begun); waited > langshark.DefaultPromptTimeout+time.Millisecond {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestAProxysNotFound has an answer 404 that is not of the API.
func TestAProxysNotFound(t *testing.T) {
	s := servePrompts(t)
	c := s.client(t, nil)
	s.Config.Handler = http.NotFoundHandler()
	var answer *langshark.APIError
	if _, err := c.Prompt(t.Context(), "a"); errors.Is(err, langshark.ErrPromptNotFound) || !errors.As(err, &answer) || answer.StatusCode != http.StatusNotFound {
		t.Errorf("%v", err)
	}
}

func TestAnswersThatAreOthers(t *testing.T) {
	for body, says := range map[string]string{
		`{"name":"b","version":1,"prompt":"x"}`: "another prompt", `{"name":"a","version":7,"prompt":"x"}`: "another prompt", `{"name":"a","version":3,"prompt":null}`: "neither",
	} {
		c := prompts(t, fixedPrompts(body), nil)
		if _, err := c.Prompt(t.Context(), "a", langshark.AtVersion(3)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestFallbacksKeepTheirMessages(t *testing.T) {
	var none *langshark.Client
	given := langshark.Message{
		Role: "user", Name: "ann", Content: "see {{it}}", Parts: []langshark.Part{{Text: "hello"}}, ToolCalls: []langshark.ToolCall{{ID: "c"}}, ToolCallID: "d",
	}
	p, err := none.Prompt(t.Context(), "a", langshark.WithFallbackMessages(given))
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Messages(langshark.Vars{"it": 1})
	if err != nil || len(got) != 1 || got[0].Content != "see 1" || got[0].Name != "ann" || got[0].Parts[0].Text != "hello" || got[0].ToolCalls[0].ID != "c" || got[0].ToolCallID != "d" {
		t.Errorf("%+v, %v", got, err)
	}
	if p, err = none.Prompt(t.Context(), "a", langshark.WithFallbackMessages()); err != nil || !p.IsChat() {
		t.Errorf("no messages: %+v, %v", p, err)
	}
}

type panickingJSON struct{}

func (panickingJSON) MarshalJSON() ([]byte, error) { panic("ouch") }

func TestAValueThatPanics(t *testing.T) {
	c := prompts(t, onePromptOf("{{x}}"), nil)
	p, err := c.Prompt(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Compile(langshark.Vars{"x": panickingJSON{}}); err == nil || !strings.Contains(err.Error(), `"x"`) || !strings.Contains(err.Error(), "ouch") {
		t.Errorf("%v", err)
	}
}

func onePromptOf(text string) langshark.PromptSource {
	return fixedPrompts(fmt.Sprintf(`{"name":"a","version":1,"prompt":%q}`, text))
}

// TestManyVariables would take minutes if each were compared with each.
func TestManyVariables(t *testing.T) {
	var b strings.Builder
	const n = 200_000
	for i := range n {
		fmt.Fprintf(&b, "{{v%d}}", i)
	}
	p, err := prompts(t, onePromptOf(b.String()), nil).Prompt(t.Context(), "a")
	if err != nil || len(p.Variables()) != n {
		t.Fatalf("%d, %v", len(p.Variables()), err)
	}
	var misfit *langshark.VarsError
	if _, err := p.Compile(langshark.Vars{"x": 1}); !errors.As(err, &misfit) || len(misfit.Missing) != n {
		t.Error("not all are missed")
	}
}

// stubborn doesn't end with its ctx.
type stubborn struct{ until chan struct{} }

func (s stubborn) FetchPrompt(context.Context, langshark.PromptRequest) (langshark.PromptResponse, error) {
	<-s.until
	return langshark.PromptResponse{}, errors.New("late")
}

func TestShutdownDoesNotWaitForAStubbornSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stubborn{make(chan struct{})}
		c := prompts(t, s, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Prompt(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		begun := time.Now()
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = c.Shutdown(ctx)
		if waited := time.Since(begun); waited > 2*time.Second {
			t.Errorf("Shutdown took %v", waited)
		}
		close(s.until)
	})
}

// TestPromptsWithoutTracing has it switched off in each way, and prompts stay.
func TestPromptsWithoutTracing(t *testing.T) {
	s := servePrompts(t)
	set := func(cfg *langshark.Config) { cfg.Host, cfg.PublicKey, cfg.SecretKey = s.URL, "pk", "sk" }
	for name, off := range map[string]func(*testing.T, *langshark.Config){
		"field": func(_ *testing.T, cfg *langshark.Config) { set(cfg); cfg.Enabled = langshark.Enabled(false) },
		"variable": func(t *testing.T, cfg *langshark.Config) {
			t.Helper()
			set(cfg)
			t.Setenv("LANGSHARK_ENABLED", "false")
		},
		"Langfuse's": func(t *testing.T, cfg *langshark.Config) {
			t.Helper()
			set(cfg)
			t.Setenv("LANGFUSE_TRACING_ENABLED", "0")
		},
		"off, a source": func(_ *testing.T, cfg *langshark.Config) {
			cfg.Prompts, cfg.Enabled = onePromptOf("one"), langshark.Enabled(false)
		},
		"no keys, a source": func(_ *testing.T, cfg *langshark.Config) { cfg.Prompts = onePromptOf("one") },
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range []string{"LANGSHARK_PUBLIC_KEY", "LANGFUSE_PUBLIC_KEY"} {
				t.Setenv(v, "")
			}
			c := prompts(t, nil, func(cfg *langshark.Config) { cfg.Exporter = nil; off(t, cfg) })
			ctx := langshark.ContextWithClient(t.Context(), c)
			want(t, textOf(langshark.GetPrompt(ctx, "a", langshark.WithFallback("code"))), "one")
			handle, err := c.WatchPrompt(ctx, "a")
			if err != nil {
				t.Fatal(err)
			}
			want(t, handle.Prompt().Text(), "one")
			ctx, g := c.StartGeneration(langshark.ContextWithPrompt(ctx, handle.Prompt()), "g", langshark.WithPrompt(handle.Prompt()))
			g.SetPrompt(handle.Prompt())
			g.End()
			if c.Enabled() || g != nil || c.Recording(ctx) || c.Stats().Prompts.Kept != 1 || c.Stats().Accepted != 0 {
				t.Errorf("it records: %+v", c.Stats())
			}
			for range 2 {
				if err := errors.Join(c.Flush(ctx), c.Shutdown(ctx)); err != nil {
					t.Error(err)
				}
			}
			want(t, textOf(c.Prompt(ctx, "a")), "one")
			if _, err := c.Prompt(ctx, "b"); err == nil || !strings.Contains(err.Error(), "shut down") {
				t.Errorf("after Shutdown: %v", err)
			}
		})
	}
}

// TestAnExperimentWithoutTracing is asked for below a trace of another process, which is anybody's.
func TestAnExperimentWithoutTracing(t *testing.T) {
	record(t, langshark.Config{}) // so that contexts remember what they are told
	h := newHub(map[string]string{"a@production": "usual", "a@experiment tone": wholeExperiment})
	c := prompts(t, h, func(cfg *langshark.Config) { cfg.Enabled = langshark.Enabled(false) })
	ctx := langshark.ContextWithTraceparent(t.Context(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	want(t, textOf(c.Prompt(ctx, "a", langshark.InExperiment("tone", "u"))), "kindly")
}

// TestWhyThereAreNoPrompts has errors that name the reason, and not another.
func TestWhyThereAreNoPrompts(t *testing.T) {
	for _, v := range []string{"LANGSHARK_PUBLIC_KEY", "LANGFUSE_PUBLIC_KEY", "LANGSHARK_SECRET_KEY", "LANGFUSE_SECRET_KEY"} {
		t.Setenv(v, "")
	}
	ask := func(cfg langshark.Config) (*langshark.Client, error) {
		c := prompts(t, nil, func(to *langshark.Config) { cfg.Logger = to.Logger; *to = cfg })
		_, err := c.Prompt(t.Context(), "a")
		return c, err
	}
	c, err := ask(langshark.Config{})
	if auth := c.AuthCheck(t.Context()); !errors.Is(err, langshark.ErrDisabled) || !errors.Is(auth, langshark.ErrDisabled) || !strings.Contains(auth.Error(), "LANGSHARK_PUBLIC_KEY") {
		t.Errorf("without keys: %v; %v", err, auth)
	}
	c, err = ask(langshark.Config{Enabled: langshark.Enabled(false), PublicKey: "pk"})
	if !errors.Is(err, langshark.ErrNoPromptSource) || !errors.Is(err, langshark.ErrDisabled) || !strings.Contains(err.Error(), "Config.Prompts") {
		t.Errorf("switched off, half a key: %v", err)
	}
	if auth := c.AuthCheck(t.Context()); !errors.Is(auth, langshark.ErrDisabled) || !strings.Contains(auth.Error(), "LANGSHARK_ENABLED") {
		t.Errorf("AuthCheck: %v", auth)
	}
	if _, err = ask(langshark.Config{Exporter: memory.New()}); !errors.Is(err, langshark.ErrNoPromptSource) || errors.Is(err, langshark.ErrDisabled) {
		t.Errorf("an exporter alone: %v", err)
	}
}

// TestAHostThatIsNoneWithoutTracing is a placeholder in a deployment that has it switched off.
func TestAHostThatIsNoneWithoutTracing(t *testing.T) {
	for _, host := range []string{"localhost:3000", "not a host", "ftp://x"} {
		var told []error
		cfg := langshark.Config{Enabled: langshark.Enabled(false), PublicKey: "pk", SecretKey: "sk", Host: host, OnError: func(err error) { told = append(told, err) }}
		c, err := langshark.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || !strings.Contains(told[0].Error(), "prompts") || !strings.Contains(told[0].Error(), "Config.Host") {
			t.Errorf("%s: told %v", host, told)
		}
		_, err = c.Prompt(t.Context(), "a")
		if !errors.Is(err, langshark.ErrNoPromptSource) || !errors.Is(err, langshark.ErrDisabled) || !strings.Contains(err.Error(), fmt.Sprintf("%q is not a URL", host)) {
			t.Errorf("%s: %v", host, err)
		}
		if _, again := c.WatchPrompt(t.Context(), "a"); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: a handle: %v", host, again)
		}
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithFallback("code"))), "code")
		c.InvalidatePrompt("a")
		if err := errors.Join(c.Flush(t.Context()), c.Shutdown(t.Context())); err != nil || len(told) != 1 {
			t.Errorf("%s: %v, told %v", host, err, told)
		}
		cfg.Prompts = onePromptOf("one")
		want(t, textOf(prompts(t, nil, func(to *langshark.Config) { *to = cfg }).Prompt(t.Context(), "a")), "one")
		cfg.Enabled, cfg.Prompts = langshark.Enabled(true), nil
		if _, err := langshark.New(cfg); err == nil || !strings.Contains(err.Error(), "is not a URL") {
			t.Errorf("%s, switched on: %v", host, err)
		}
	}
}

// TestClosedHandlesMakeRoom has more of them than prompts are kept.
func TestClosedHandlesMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{})
		c := prompts(t, h, nil)
		const n = langshark.MaxPrompts + 200
		handles := make([]*langshark.PromptHandle, n)
		for i := range handles {
			name := fmt.Sprintf("p%d", i)
			h.set(name+"@production", "x")
			var err error
			if handles[i], err = c.WatchPrompt(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		if kept := c.Stats().Prompts.Kept; kept != n {
			t.Errorf("%d of %d handles have theirs", kept, n)
		}
		var all sync.WaitGroup
		for g := range 4 {
			all.Go(func() {
				for i := g; i < n; i += 4 {
					handles[i].Close()
					want(t, handles[i].Prompt().Text(), "x")
				}
			})
		}
		all.Wait()
		if s := c.Stats().Prompts; s.Kept != langshark.MaxPrompts || s.Evicted != 200 {
			t.Errorf("all are closed: %+v", s)
		}
		h.set("p0@production", "y")
		c.InvalidatePrompt("p0")
		synctest.Wait()
		for range 2 {
			want(t, textOf(c.Prompt(t.Context(), "p0", langshark.WithTTL(0))), "y") // it was evicted, and comes back
		}
	})
}

// TestHandlesThatCloseDuringShutdown once met a list that was being changed.
func TestHandlesThatCloseDuringShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(map[string]string{})
		c := prompts(t, h, nil)
		var all sync.WaitGroup
		for i := range langshark.MaxPrompts + 100 {
			name := fmt.Sprintf("p%d", i)
			h.set(name+"@production", "x")
			handle, err := c.WatchPrompt(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() { <-t.Context().Done(); handle.Close() })
		}
		all.Go(func() { <-t.Context().Done(); end(t, c) })
		t.Cleanup(all.Wait)
	})
}

func TestNilHandle(t *testing.T) {
	c := prompts(t, newHub(nil), nil)
	handle, err := c.WatchPrompt(t.Context(), "none")
	if err == nil || handle != nil {
		t.Fatalf("%v, %v", handle, err)
	}
	if p := handle.Prompt(); p != nil || p.Text() != "" {
		t.Errorf("%v", p)
	}
	handle.Close()
}

// plain is a hub that knows no experiments until it is told to.
type plain struct {
	*hub
	knows atomic.Bool
	asked atomic.Int64
}

func (p *plain) FetchPrompt(ctx context.Context, r langshark.PromptRequest) (langshark.PromptResponse, error) {
	if r.Experiment != "" && !p.knows.Load() {
		p.asked.Add(1)
		return langshark.PromptResponse{}, fmt.Errorf("no experiments here: %w", errors.ErrUnsupported)
	}
	return p.hub.FetchPrompt(ctx, r)
}

// TestAServerWithoutExperimentsIsToldOfOnce asks for two of them for a day.
func TestAServerWithoutExperimentsIsToldOfOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &plain{hub: newHub(map[string]string{"a@production": "usual", "a@experiment tone": wholeExperiment})}
		var told atomic.Int64
		c := prompts(t, h, func(cfg *langshark.Config) { cfg.OnError = func(error) { told.Add(1) } })
		ask := func(experiment string) string {
			return textOf(c.Prompt(t.Context(), "a", langshark.InExperiment(experiment, "u")))
		}
		for begun := time.Now(); time.Since(begun) < 24*time.Hour; advance(10 * time.Second) {
			want(t, ask("tone"), "usual")
			want(t, ask("other"), "usual")
		}
		if n := told.Load(); n != 1 {
			t.Errorf("told %d times", n)
		}
		if n := h.asked.Load(); n < 200 || n > 500 {
			t.Errorf("asked %d times", n)
		}
		h.knows.Store(true)
		advance(11 * time.Minute)
		want(t, ask("tone"), "kindly")
		h.knows.Store(false)
		for range 10 {
			advance(langshark.DefaultPromptTTL)
			want(t, ask("tone"), "kindly") // it goes on
		}
		if n := told.Load(); n != 2 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestAServerWithoutExperiments(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusMethodNotAllowed} {
		s := servePrompts(t)
		usual := s.Config.Handler
		s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "prompt-experiments") {
				http.Error(w, "<html>no such page", status)
				return
			}
			usual.ServeHTTP(w, r)
		})
		told := make(chan error, 10)
		c := s.client(t, func(cfg *langshark.Config) { cfg.OnError = func(err error) { told <- err } })
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.InExperiment("x", "u"))), "one")
		if err := <-told; !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "the server has no experiments") {
			t.Errorf("%d: %v", status, err)
		}
	}
}
