package demo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
	"github.com/langshark/langshark-go/langsharktest"
	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

// recorded is the bot's round as a recorder has it, in the form of the API.
func recorded(rec *langsharktest.Recorder) map[string]*apiTrace {
	traces := map[string]*apiTrace{}
	for _, t := range rec.Traces() {
		traces[t.ID] = &apiTrace{
			ID: t.ID, Name: t.Attributes.TraceName, UserID: t.Attributes.UserID, SessionID: t.Attributes.SessionID, Tags: t.Attributes.Tags,
			Input: json.RawMessage(langsharktest.JSON(t.Input)), Output: json.RawMessage(langsharktest.JSON(t.Output)),
		}
	}
	for _, s := range rec.Scores() {
		traces[s.TraceID].Scores = append(traces[s.TraceID].Scores, json.RawMessage(`{}`))
	}
	for _, o := range rec.Observations() {
		a := apiObservation{
			ID: o.ID, ParentID: o.ParentID, Type: strings.ToUpper(o.Kind.String()), Name: o.Name, Level: o.Level.String(), StartTime: o.Start,
		}
		if !o.End.IsZero() {
			a.EndTime = &o.End
		}
		if g := o.Generation; g != nil {
			a.Model = g.Model
			if g.Usage != nil {
				a.Usage.Total = g.Usage.Total()
			}
			if !g.CompletionStart.IsZero() {
				a.CompletionStart = &g.CompletionStart
			}
		}
		traces[o.TraceID].Observations = append(traces[o.TraceID].Observations, a)
	}
	return traces
}

// fixture is a bot that has played all dialogues.
type fixture struct {
	*bot
	rec      *langsharktest.Recorder
	provider *fakellm.Provider
}

// rehearse plays all dialogues without waiting.
func rehearse(t *testing.T) *fixture {
	t.Helper()
	rec := langsharktest.NewRecorder(t, func(c *langshark.Config) { c.Mask, c.Prompts = langshark.MaskFunc(maskCards), twoVersions{} })
	provider := newReplay(0)
	if err := provider.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(provider.Close)
	config := openai.DefaultConfig("k")
	config.BaseURL = provider.BaseURL()
	config.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	lsopenai.WrapConfig(&config)
	b := &bot{
		client: openai.NewClientWithConfig(config), tools: toolbox(), model: replayModel, fallback: replayFallback, judge: replayJudge,
		book: &ledger{}, used: &tokens{},
	}
	var err error
	if b.index, err = newIndex(rec.Context(), b.client); err != nil {
		t.Fatal(err)
	}
	s := &stage{bot: b, screen: io.Discard}
	s.round(rec.Context(), dialogues, 0)
	return &fixture{b, rec, provider}
}

// twoVersions is a hub with the demo's prompts.
type twoVersions struct{}

func (twoVersions) FetchPrompt(_ context.Context, r langshark.PromptRequest) (langshark.PromptResponse, error) {
	if r.Experiment == "" {
		return langshark.PromptResponse{}, langshark.ErrPromptNotFound
	}
	body, err := json.Marshal(map[string]any{
		"experiment": toneExperiment, "salt": toneSalt,
		"variants": []map[string]any{{"name": "house", "version": 1}, {"name": "warm", "version": 2}},
		"ranges":   []map[string]any{{"from": 0, "to": 5000, "variant": "house"}, {"from": 5000, "to": 10000, "variant": "warm"}},
		"prompts": []map[string]any{
			{"name": answerPrompt, "version": 1, "prompt": answerVersions[0]}, {"name": answerPrompt, "version": 2, "prompt": answerVersions[1]},
		},
	})
	return langshark.PromptResponse{Body: body}, err
}

func TestVersionsDiffer(t *testing.T) {
	if answerVersions[0] == answerVersions[1] {
		t.Error("the second version of the answer prompt changes nothing")
	}
}

func TestRound(t *testing.T) {
	b := rehearse(t)
	rec := b.rec
	turns, traces := b.book.finished(), recorded(rec)
	sum := summarize(turns, rec.Client.Stats(), "")
	if err := sum.check(false); err != nil {
		t.Error(err)
	}
	if len(traces) != len(turns) || sum.Observations != len(rec.Observations()) {
		t.Errorf("%d traces of %d turns, %d observations of %d steps", len(traces), len(turns), len(rec.Observations()), sum.Observations)
	}
	for _, req := range b.heard() {
		if strings.Contains(req, "4111") {
			t.Errorf("a card number reached the model: %s", req)
		}
	}
	users, slowest := map[string]bool{}, false
	for _, turn := range turns {
		users[turn.user] = true
		if err := turn.compare(traces[turn.traceID]); err != nil {
			t.Errorf("%s: %v", turn.question, err)
		}
		if strings.Contains(turn.question, "B-2211") {
			slowest = true
		}
	}
	if len(users) != 4 || !slowest || b.used.cached.Load() == 0 {
		t.Errorf("users %v, slow %v, cached tokens %d", users, slowest, b.used.cached.Load())
	}
	for _, o := range rec.Observations() {
		if all := langsharktest.JSON(o.Input) + langsharktest.JSON(o.Output); strings.Contains(all, "4111") {
			t.Errorf("a card number was recorded: %s", all)
		}
	}
}

// heard is what the provider was asked.
func (f *fixture) heard() (bodies []string) {
	for _, r := range f.provider.Requests() {
		bodies = append(bodies, string(r.Body))
	}
	return bodies
}

// What the replay says must be what its lines say, with the tools' results in reach.
func TestAnswers(t *testing.T) {
	b := rehearse(t)
	answers := map[string]string{}
	for _, turn := range b.book.finished() {
		answers[turn.question] = turn.answer
	}
	for _, d := range dialogues {
		for _, l := range d.lines {
			want := l.answer
			if l.trouble == down {
				want = apology(d.language)
			}
			if got := answers[withoutCards(l.says)]; got != want {
				t.Errorf("%s: %q", l.says, got)
			}
		}
	}
}

func TestSearch(t *testing.T) {
	b := rehearse(t)
	rec := b.rec
	for question, want := range map[string]string{
		"환불하고 싶어요": "ko-refund", "해외로도 배송되나요?": "ko-abroad", "현금영수증 다시 발급받을 수 있을까요?": "ko-receipt",
		"Do you offer gift wrapping?": "en-gift", "Can I get a refund?": "en-refund",
	} {
		hits, err := b.index.search(rec.Context(), question)
		if err != nil || len(hits) != 2 || hits[0].ID != want && hits[1].ID != want {
			t.Errorf("%s: %v %v", question, hits, err)
		}
	}
}

// The comparison must see each kind of difference.
func TestCompareSees(t *testing.T) {
	b := rehearse(t)
	rec := b.rec
	turn := b.book.finished()[0]
	for _, candidate := range b.book.finished() { // one that streamed an answer; which ends first is chance
		streamed := false
		each(recorded(rec)[candidate.traceID], func(o *apiObservation) { streamed = streamed || o.CompletionStart != nil && o.Usage.Total > 0 })
		if streamed {
			turn = candidate
			break
		}
	}
	for name, change := range map[string]func(*apiTrace){
		"name":      func(a *apiTrace) { a.Name = "x" },
		"user":      func(a *apiTrace) { a.UserID = "" },
		"session":   func(a *apiTrace) { a.SessionID = "x" },
		"tags":      func(a *apiTrace) { a.Tags = a.Tags[1:] },
		"input":     func(a *apiTrace) { a.Input = nil },
		"output":    func(a *apiTrace) { a.Output = json.RawMessage(`"x"`) },
		"scores":    func(a *apiTrace) { a.Scores = append(a.Scores, nil) },
		"missing":   func(a *apiTrace) { a.Observations = a.Observations[:len(a.Observations)-1] },
		"none":      func(a *apiTrace) { a.Observations = nil },
		"two roots": func(a *apiTrace) { a.Observations = append(a.Observations, apiObservation{ID: "x"}) },
		"kind":      func(a *apiTrace) { a.Observations[1].Type = "SPAN" },
		"level":     func(a *apiTrace) { a.Observations[1].Level = "ERROR" },
		"parent":    func(a *apiTrace) { a.Observations[len(a.Observations)-1].ParentID = a.Observations[0].ID },
		"not ended": func(a *apiTrace) { a.Observations[0].EndTime = nil },
		"ends early": func(a *apiTrace) {
			at := a.Observations[0].StartTime.Add(-time.Second)
			a.Observations[0].EndTime = &at
		},
		"without use": func(a *apiTrace) { each(a, func(o *apiObservation) { o.Usage.Total = 0 }) },
		"token late": func(a *apiTrace) {
			each(a, func(o *apiObservation) { at := o.EndTime.Add(1); o.CompletionStart = &at })
		},
	} {
		got := recorded(rec)[turn.traceID]
		if err := turn.compare(got); err != nil {
			t.Fatal(err)
		}
		change(got)
		if err := turn.compare(got); err == nil {
			t.Errorf("%s: not seen", name)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: more than a line: %v", name, err)
		}
	}
}

func each(a *apiTrace, change func(*apiObservation)) {
	for i := range a.Observations {
		change(&a.Observations[i])
	}
}

func TestSummaryChecks(t *testing.T) {
	good := summary{Traces: 15, Observations: 90, Generations: 20, Errors: 3, Customers: map[int]int{1: 2, 2: 2}}
	if err := good.check(false); err != nil {
		t.Error(err)
	}
	for _, bad := range []summary{
		{Traces: 15, Observations: 90, Errors: 3, Dropped: 1, Customers: good.Customers},
		{Traces: 11, Observations: 90, Errors: 1, Customers: good.Customers},
		{Traces: 12, Observations: 59, Errors: 1, Customers: good.Customers},
		{Traces: 12, Observations: 60, Customers: good.Customers},
		{Traces: 15, Observations: 90, Errors: 3, Customers: map[int]int{1: 3, 2: 1}},
	} {
		if bad.check(false) == nil {
			t.Errorf("%+v is taken for good", bad)
		}
	}
	if (&summary{Traces: 9, Observations: 9}).check(true) != nil || (&summary{}).check(true) == nil {
		t.Error("a live round is judged wrongly")
	}
}

func TestLiveNeedsAKey(t *testing.T) {
	if _, err := newLive(func(string) string { return "" }); err == nil || !strings.Contains(err.Error(), "OPENAI_API_KEY") {
		t.Errorf("got %v", err)
	}
	p, err := newLive(func(name string) string {
		return map[string]string{"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://x/v1"}[name]
	})
	if err != nil || p.baseURL != "http://x/v1" || p.model == "" {
		t.Fatalf("%+v %v", p, err)
	}
	var screen strings.Builder
	p.announce(&screen)
	used := &tokens{}
	used.add(&openai.Usage{PromptTokens: 1_000_000, CompletionTokens: 100_000, PromptTokensDetails: &openai.PromptTokensDetails{CachedTokens: 500_000}})
	used.add(nil)
	p.settle(&screen, used)
	if got := screen.String(); !strings.Contains(got, "at most 50") || !strings.Contains(got, "about $") || !strings.Contains(got, "estimated $0.1725") {
		t.Errorf("screen: %s", got)
	}
}

func TestBudget(t *testing.T) {
	limited := &budget{limit: 2}
	limited.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	})
	for i := range 4 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://x", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := limited.Do(req)
		if (err != nil) != (i >= 2) {
			t.Errorf("call %d: %v", i, err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	if n := limited.calls.Load(); n != 2 {
		t.Errorf("%d calls", n)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
