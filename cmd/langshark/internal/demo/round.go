package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	langshark "github.com/langshark/langshark-go"
)

// stage plays dialogues with the bot.
type stage struct {
	bot    *bot
	screen io.Writer // one line for each answer; nil shows none
	mu     sync.Mutex
	played int
}

// round plays dialogues at the same time, and each one's lines one after another.
func (s *stage) round(ctx context.Context, all []dialogue, thinking time.Duration) {
	var wg sync.WaitGroup
	for _, d := range all {
		wg.Go(func() { s.play(ctx, d, thinking) })
	}
	wg.Wait()
}

// play is one conversation. Between the lines the customer thinks.
func (s *stage) play(ctx context.Context, d dialogue, thinking time.Duration) {
	s.mu.Lock()
	s.played++
	c := &conversation{session: fmt.Sprintf("%s-%s-%03d", d.user, d.topic, s.played), user: d.user, language: d.language, topic: d.topic}
	s.mu.Unlock()
	for i, l := range d.lines {
		if i > 0 && !rest(ctx, thinking) {
			return
		}
		begin := time.Now()
		_, err := s.bot.ask(ctx, c, l.says, l.liked)
		if ctx.Err() != nil {
			return
		}
		s.show(c, l.says, time.Since(begin), err)
	}
}

// show prints what was asked and how long the answer took.
func (s *stage) show(c *conversation, question string, took time.Duration, err error) {
	if s.screen == nil {
		return
	}
	mark := ""
	if err != nil {
		reason := []rune(strings.Join(strings.Fields(err.Error()), " "))
		mark = "  ✗ " + string(reason[:min(len(reason), 60)])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.screen, "  %s  %5.1fs  %-8s %s%s\n", time.Now().Format(time.TimeOnly), took.Seconds(), c.user, question, mark)
}

// rest waits, and reports whether ctx still goes on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// traffic plays one dialogue after another until ctx ends.
func (s *stage) traffic(ctx context.Context, every time.Duration) {
	for n := 0; rest(ctx, every); n++ {
		s.play(ctx, dialogues[(n*4+1)%len(dialogues)], every/2) // 4 and 7 have no common divisor: all come up
	}
}

// summary counts what was done.
type summary struct {
	Traces       int   `json:"traces"`
	Observations int   `json:"observations"`
	Generations  int   `json:"generations"`
	Errors       int   `json:"errors"`
	Dropped      int64 `json:"dropped"`
	// Customers counts the customers of each version of the answer prompt.
	Customers map[int]int `json:"customersByPromptVersion"`
	URL       string      `json:"url"`
}

func summarize(turns []*turn, stats langshark.Stats, url string) summary {
	s := summary{Traces: len(turns), Dropped: stats.Dropped.Total(), URL: url}
	versions := map[string]int{}
	for _, t := range turns {
		if t.version > 0 {
			versions[t.user] = t.version
		}
		s.Observations += t.root.count(func(*step) bool { return true })
		s.Generations += t.root.count(func(s *step) bool { return s.kind == langshark.KindGeneration })
		s.Errors += t.root.count(func(s *step) bool { return s.level == langshark.LevelError })
	}
	s.Customers = map[int]int{}
	for _, version := range versions {
		s.Customers[version]++
	}
	return s
}

// Least counts of a round with the replay; see the project's README.
const (
	leastTraces       = 12
	leastObservations = 60
	leastErrors       = 1
)

// check says why a round isn't good.
func (s *summary) check(live bool) error {
	switch {
	case s.Dropped > 0:
		return fmt.Errorf("%d records were dropped", s.Dropped)
	case live && s.Traces == 0:
		return fmt.Errorf("no trace was made")
	case live:
		return nil
	case s.Traces < leastTraces || s.Observations < leastObservations || s.Errors < leastErrors:
		return fmt.Errorf("the round made only %d traces, %d observations and %d errors", s.Traces, s.Observations, s.Errors)
	case s.Customers[1] == 0 || s.Customers[1] != s.Customers[2]:
		return fmt.Errorf("the versions of the prompt have %v customers, not half of them each", s.Customers)
	}
	return nil
}
