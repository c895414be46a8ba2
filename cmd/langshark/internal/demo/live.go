package demo

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/sashabaranov/go-openai"
)

// maxLiveCalls is how often --live calls the provider at most.
const maxLiveCalls = 50

// liveDialogues are those played with --live: 9 messages, of at most 1
// embedding and maxRounds chats each, and 1 call for the help center.
const liveDialogues = 3

// price is what a million tokens cost in dollars. Source: the default model
// prices of Langfuse, as of 2026-08-20. Embeddings are too cheap to show.
type price struct{ input, cached, output float64 }

var livePrices = map[string]price{
	"gpt-4o":       {2.50, 1.25, 10},
	"gpt-4o-mini":  {0.15, 0.075, 0.60},
	"gpt-4.1":      {2, 0.50, 8},
	"gpt-4.1-mini": {0.40, 0.10, 1.60},
}

// tokens counts what the provider said it used.
type tokens struct{ input, cached, output atomic.Int64 }

func (t *tokens) add(u *openai.Usage) {
	if u == nil {
		return
	}
	t.input.Add(int64(u.PromptTokens))
	t.output.Add(int64(u.CompletionTokens))
	if d := u.PromptTokensDetails; d != nil {
		t.cached.Add(int64(d.CachedTokens))
	}
}

// budget is an HTTP client that stops after so many calls.
type budget struct {
	client http.Client
	calls  atomic.Int64
	limit  int64
}

var errBudget = errors.New("the demo's limit of calls is reached")

func (b *budget) Do(req *http.Request) (*http.Response, error) {
	if b.calls.Add(1) > b.limit {
		b.calls.Add(-1)
		return nil, errBudget
	}
	return b.client.Do(req)
}

// liveProvider is the provider that the environment names.
type liveProvider struct {
	baseURL, key, model string
	budget              *budget
}

func newLive(getenv func(string) string) (*liveProvider, error) {
	p := &liveProvider{
		baseURL: cmp.Or(getenv("OPENAI_BASE_URL"), "https://api.openai.com/v1"),
		key:     getenv("OPENAI_API_KEY"),
		model:   cmp.Or(getenv("OPENAI_MODEL"), "gpt-4o-mini"),
		budget:  &budget{limit: maxLiveCalls},
	}
	if p.key == "" {
		return nil, errors.New("demo --live needs OPENAI_API_KEY (and OPENAI_BASE_URL for another provider than OpenAI); without --live no key is needed")
	}
	return p, nil
}

// announce says what a round will take.
func (p *liveProvider) announce(w io.Writer) {
	messages := 0
	for _, d := range dialogues[:liveDialogues] {
		messages += len(d.lines)
	}
	calls := 1 + messages*2
	fmt.Fprintf(w, "  Live: %s at %s. One round: about %d calls (at most %d)%s.\n", p.model, p.baseURL, calls, maxLiveCalls,
		p.cost("about", int64(messages)*2600, 0, int64(messages)*180))
}

// settle says what it took.
func (p *liveProvider) settle(w io.Writer, u *tokens) {
	input, cached, output := u.input.Load(), u.cached.Load(), u.output.Load()
	fmt.Fprintf(w, "  Live: %d calls, %d tokens in (%d cached), %d out%s.\n",
		p.budget.calls.Load(), input, cached, output, p.cost("estimated", input, cached, output))
}

func (p *liveProvider) cost(word string, input, cached, output int64) string {
	rate, ok := livePrices[p.model]
	if !ok {
		return ", cost unknown: no price for " + p.model
	}
	dollars := (float64(input-cached)*rate.input + float64(cached)*rate.cached + float64(output)*rate.output) / 1e6
	return fmt.Sprintf(", %s $%.4f", word, dollars)
}

// config is that of go-openai, with calls counted.
func (p *liveProvider) config() openai.ClientConfig {
	c := openai.DefaultConfig(p.key)
	c.BaseURL, c.HTTPClient = p.baseURL, p.budget
	return c
}
