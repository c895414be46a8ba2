package demo

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"math"
	"strings"
	"time"

	"github.com/langshark/langshark-go/langsharktest/fakellm"
)

const (
	replayModel    = "gpt-4o"
	replayFallback = "gpt-4o-mini"
	replayJudge    = "o4-mini"
)

// replay is the built-in provider: a model that knows its lines.
type replay struct {
	lines map[string]*line
	// pace is how long everything takes, against a real provider.
	pace float64
}

func newReplay(pace float64) *fakellm.Provider {
	r := &replay{lines: rehearsed(), pace: pace}
	return fakellm.New(fakellm.WithResponder(r.respond), fakellm.WithPause(r.pause))
}

// respond plays the model's part.
func (r *replay) respond(_ context.Context, req *fakellm.Request) fakellm.Reply {
	if strings.HasPrefix(req.System(), judgePrompt) {
		return verdict(req)
	}
	l := r.lines[req.LastUser()]
	if l == nil {
		return fakellm.Reply{Text: "I'm only a replay and know my lines; this isn't one of them."}
	}
	switch {
	case l.trouble == down:
		return fakellm.Reply{Err: fakellm.ServerError()}
	case l.trouble == overloaded && req.Model == replayModel:
		return fakellm.Reply{Err: fakellm.RateLimited(2 * time.Second)}
	}
	if round := rounds(req); round < len(l.tools) {
		return fakellm.Reply{ToolCalls: l.tools[round]}
	}
	return fakellm.Reply{Text: l.answer}
}

// rounds counts how often tools were called since the customer's last message.
func rounds(req *fakellm.Request) (n int) {
	for _, m := range req.Messages {
		switch {
		case m.Role == "user":
			n = 0
		case len(m.ToolCalls) > 0:
			n++
		}
	}
	return n
}

// verdict grades by how much of the answer the sources and the question share.
func verdict(req *fakellm.Request) fakellm.Reply {
	text := req.LastUser()
	head, answer, _ := strings.Cut(text, "\nAnswer: ")
	a, b := fakellm.Embed(head, 512), fakellm.Embed(answer, 512)
	score := math.Round(100*min(1, 0.72+float64(dot(a, b)))) / 100
	body, err := json.Marshal(map[string]any{"score": score, "reason": "The amounts and dates are in the sources or come from the tools."})
	if err != nil {
		return fakellm.Reply{Err: fakellm.ServerError()}
	}
	return fakellm.Reply{Text: string(body), ReasoningTokens: 128 + int64(hash(text)%3)*64}
}

// pause waits as long as a provider would: for the first token, and between
// the chunks of a stream.
func (r *replay) pause(ctx context.Context, m fakellm.Moment) {
	text := m.Request.LastUser()
	var d time.Duration
	switch {
	case len(m.Request.Messages) == 0: // an embedding
		d = 35 * time.Millisecond
	case m.Chunk > 0:
		d = time.Duration(12+hash(text)%14) * time.Millisecond
	default:
		d = time.Duration(240+hash(text+m.Request.Model)%420) * time.Millisecond
		if l := r.lines[text]; l != nil && l.trouble == slow && rounds(m.Request) > 0 {
			d = 6500 * time.Millisecond
		}
	}
	timer := time.NewTimer(time.Duration(float64(d) * r.pace))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func hash(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}
