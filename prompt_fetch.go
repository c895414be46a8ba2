package langshark

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/langshark/langshark-go/internal/langfuse"
)

const promptAttempts = 3

// slot waits until a fetch may begin, and returns what ends it.
func (c *promptCache) slot(f *promptFlight) (done func(), err error) {
	slots, hurry := c.slots, f.hurry
	select {
	case <-hurry:
		slots, hurry = c.hurried, nil
	default:
	}
	for {
		select {
		case slots <- struct{}{}:
			return func() { <-slots }, nil
		case <-hurry:
			slots, hurry = c.hurried, nil
		case <-c.ctx.Done():
			return nil, c.ctx.Err()
		}
	}
}

// fetch asks the source for an entry, with retries, within the timeout, which begins when it is its turn.
func (c *promptCache) fetch(e *promptEntry, f *promptFlight) (*promptValue, error) {
	done, err := c.slot(f)
	if err != nil {
		return nil, fmt.Errorf("langshark: prompt %s: %w", e.key, err)
	}
	defer done()
	ctx, cancel := context.WithTimeout(c.ctx, c.timeout)
	defer cancel()
	c.counts.fetches.Add(1)
	old := e.value.Load()
	r := e.key.request()
	if old != nil {
		r.ETag = old.etag
	}
	pause := backoff.NewExponentialBackOff(backoff.WithInitialInterval(100*time.Millisecond), backoff.WithMaxElapsedTime(0))
	var last error // before time was up
	response, err := backoff.RetryWithData(func() (PromptResponse, error) {
		response, err := c.ask(ctx, r)
		if err != nil && ctx.Err() == nil {
			last = err
		}
		if err != nil && !retryable(err) {
			err = backoff.Permanent(err)
		}
		return response, err
	}, backoff.WithContext(backoff.WithMaxRetries(pause, promptAttempts-1), ctx))
	now := time.Now()
	if err == nil && response.NotModified && old != nil {
		c.counts.unchanged.Add(1)
		return old.confirmed(now), nil
	}
	if err == nil {
		var v *promptValue
		if v, err = decodeValue(e.key, response, now, PromptFetched); err == nil {
			if c.file == nil {
				v.body = nil
			}
			return v, nil
		}
	}
	if e.key.experiment && errors.Is(err, ErrPromptNotFound) {
		return &promptValue{checkedAt: now}, nil // it has ended, or never was
	}
	if ctx.Err() != nil && last != nil {
		err = last
	}
	return nil, fmt.Errorf("langshark: prompt %s: %w", e.key, err)
}

// ask asks once. A source that panics has failed.
func (c *promptCache) ask(ctx context.Context, r PromptRequest) (response PromptResponse, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = backoff.Permanent(panicError(p))
		}
	}()
	return c.source.FetchPrompt(ctx, r)
}

// retryable reports whether asking again at once may help.
func retryable(err error) bool {
	var answer *APIError
	switch {
	case errors.Is(err, ErrPromptNotFound), errors.Is(err, errors.ErrUnsupported), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	case errors.As(err, &answer):
		return langfuse.Retryable(answer.StatusCode) && answer.RetryAfter <= time.Second
	}
	return true
}

func (k promptKey) request() PromptRequest {
	if k.experiment {
		return PromptRequest{Name: k.name, Experiment: k.label}
	}
	return PromptRequest{Name: k.name, Label: k.label, Version: k.version}
}

func decodeValue(k promptKey, r PromptResponse, at time.Time, from PromptOrigin) (v *promptValue, err error) {
	v = &promptValue{etag: r.ETag, body: r.Body, checkedAt: at}
	if k.experiment {
		v.experiment, err = decodeExperiment(r.Body, at, from)
	} else {
		v.prompt, err = decodePrompt(r.Body, at, from)
	}
	switch {
	case err != nil:
		return nil, err
	case v.prompt != nil && (v.prompt.name != k.name || k.version > 0 && v.prompt.version != k.version):
		return nil, fmt.Errorf("the answer is another prompt: %q version %d", v.prompt.name, v.prompt.version)
	case v.experiment != nil && v.experiment.name != k.label:
		return nil, fmt.Errorf("the answer is another experiment: %q", v.experiment.name)
	}
	return v, nil
}

// confirmed is the same value, which the server has just said to be still so.
func (v *promptValue) confirmed(now time.Time) *promptValue {
	n := *v
	n.checkedAt = now
	if v.prompt != nil {
		n.prompt = v.prompt.confirmed(now)
	}
	if v.experiment != nil {
		x := *v.experiment
		x.ranges = slices.Clone(x.ranges)
		for i := range x.ranges {
			x.ranges[i].prompt = x.ranges[i].prompt.confirmed(now)
		}
		n.experiment = &x
	}
	return &n
}

func (p *Prompt) confirmed(now time.Time) *Prompt {
	n := *p
	n.fetchedAt, n.source = now, PromptFetched
	return &n
}
