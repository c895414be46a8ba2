package langshark

import (
	"context"
	"errors"
	"iter"
	"time"
)

// How a sequence or channel ended, in the metadata langshark.stream.end.
const (
	streamComplete  = "complete"     // drained to its end
	streamClosed    = "closed_early" // the consumer stopped early
	streamCancelled = "cancelled"    // its context ended
	streamError     = "error"        // it yielded an error
	streamPanicked  = "panicked"     // it or its consumer panicked
	streamUnopened  = "not_opened"   // the function returned an error or nil
)

// ObserveSeq wraps a function that returns a sequence. The observation starts
// when ranging begins and ends when the sequence is drained, stopped early,
// panics or is cancelled: the metadata langshark.stream.end says which, with
// the number of items and the time to the first. The output is the text of a
// sequence of strings, else the list of items, up to [MaxValueBytes]: what is
// beyond is cut, of a list whole items, and the metadata
// langshark.stream.output_truncated says so. A mask sees a text with 64 KiB of what
// follows the cut; what it would change there without them is left out too.
func ObserveSeq[In, T any](name string, fn func(context.Context, In) iter.Seq[T], opts ...ObserveOption) func(context.Context, In) iter.Seq[T] {
	w := newWrapper(name, opts)
	return func(ctx context.Context, in In) iter.Seq[T] {
		return func(yield func(T) bool) {
			ctx, span := w.start(ctx)
			if span == nil {
				fn(ctx, in)(yield)
				return
			}
			if w.takesInput(span) {
				w.input(span, in)
			}
			s := newStream(w, span, ctx)
			defer s.finish()
			for item := range fn(ctx, in) {
				s.item(item)
				if !s.yielding(func() bool { return yield(item) }) {
					return
				}
			}
			s.drained()
		}
	}
}

// ObserveSeq2 is [ObserveSeq] for sequences of items or errors. The last error
// is level ERROR; items that come with an error are not part of the output.
func ObserveSeq2[In, T any](name string, fn func(context.Context, In) iter.Seq2[T, error], opts ...ObserveOption) func(context.Context, In) iter.Seq2[T, error] {
	w := newWrapper(name, opts)
	return func(ctx context.Context, in In) iter.Seq2[T, error] {
		return func(yield func(T, error) bool) {
			ctx, span := w.start(ctx)
			if span == nil {
				fn(ctx, in)(yield)
				return
			}
			if w.takesInput(span) {
				w.input(span, in)
			}
			s := newStream(w, span, ctx)
			defer s.finish()
			for item, err := range fn(ctx, in) {
				if err != nil {
					s.failed(err)
				} else {
					s.item(item)
				}
				if !s.yielding(func() bool { return yield(item, err) }) {
					return
				}
			}
			s.drained()
		}
	}
}

// ObserveChan wraps a function that returns a channel. The items go through
// one goroutine, which ends when the channel is closed or ctx ends; then the
// returned channel is closed. A consumer that stops early must end ctx, or
// close what feeds the channel.
func ObserveChan[In, T any](name string, fn func(context.Context, In) (<-chan T, error), opts ...ObserveOption) func(context.Context, In) (<-chan T, error) {
	w := newWrapper(name, opts)
	return func(ctx context.Context, in In) (<-chan T, error) {
		ctx, span := w.start(ctx)
		if span == nil {
			return fn(ctx, in)
		}
		if w.takesInput(span) {
			w.input(span, in)
		}
		s := newStream(w, span, ctx)
		opened := false
		defer func() {
			if !opened {
				s.close(recover())
			}
		}()
		ch, err := fn(ctx, in)
		if err != nil || ch == nil {
			s.end, s.last = streamUnopened, err
			return ch, err
		}
		opened = true
		out := make(chan T)
		go forward(ctx, s, ch, out)
		return out, nil
	}
}

func forward[T any](ctx context.Context, s *stream, source <-chan T, out chan<- T) {
	defer close(out)
	defer s.finish()
	for {
		select {
		case <-ctx.Done():
			s.end = streamCancelled
			return
		case item, ok := <-source:
			if !ok {
				s.drained()
				return
			}
			s.item(item)
			select {
			case out <- item:
			case <-ctx.Done():
				s.end = streamCancelled
				return
			}
		}
	}
}

// stream records one run of a sequence. One goroutine uses it.
type stream struct {
	w     *wrapper
	span  *Span
	ctx   context.Context //nolint:containedctx // of this one run
	begun time.Time
	first time.Duration
	items int
	end   string
	last  error

	output streamOutput
}

func newStream(w *wrapper, span *Span, ctx context.Context) *stream { //nolint:revive // ctx belongs to the run
	return &stream{w: w, span: span, ctx: ctx, begun: time.Now(), output: streamOutput{client: span.trace.client}}
}

// item records one item, encoded when it is given.
func (s *stream) item(v any) {
	s.items++
	if s.items == 1 {
		s.first = time.Since(s.begun)
		s.span.firstToken()
	}
	if s.w.settings.noOutput || s.output.full || !s.span.captures() {
		return
	}
	s.output.add(transformed(s.w.settings.transformOutput, v), s.items == 1)
}

// yielding hands an item to the consumer and notes when it stops.
func (s *stream) yielding(yield func() bool) bool {
	more := yield()
	if !more {
		s.end = streamClosed
		if s.ctx.Err() != nil {
			s.end = streamCancelled
		}
	}
	return more
}

func (s *stream) failed(err error) {
	if err == nil {
		return
	}
	s.last = err
	if s.end == "" && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) && s.ctx.Err() != nil {
		s.end = streamCancelled
	}
}

func (s *stream) drained() {
	switch {
	case s.end != "":
	case s.ctx.Err() != nil:
		s.end = streamCancelled
	case s.last != nil:
		s.end = streamError
	default:
		s.end = streamComplete
	}
}

// finish is deferred, so that a panic passes through it.
func (s *stream) finish() { s.close(recover()) }

// close ends the observation and lets a panic go on.
func (s *stream) close(p any) {
	if s.end == "" || p != nil {
		if p == nil {
			s.last = errGoexit
		} else {
			s.last = panicError(p)
		}
		s.end = streamPanicked
	}
	s.span.SetMetadata("langshark.stream.end", s.end)
	s.span.SetMetadata("langshark.stream.items", s.items)
	if s.items > 0 {
		s.span.SetMetadata("langshark.stream.time_to_first_item_ms", float64(s.first.Microseconds())/1000)
	}
	if !s.w.settings.noOutput && s.items > 0 && s.span.captures() {
		output, truncated := s.output.value(s.span.scope())
		s.span.setCaptured(FieldOutput, output)
		if truncated {
			s.span.SetMetadata("langshark.stream.output_truncated", true)
		}
	}
	s.span.SetError(s.last)
	s.span.End()
	if p != nil {
		panic(p)
	}
}

// firstToken notes the time of a generation's first item.
func (s *Span) firstToken() {
	s.set(func() {
		if s.gen != nil && !s.gen.hasFirstToken {
			s.gen.completionStart, s.gen.hasFirstToken = s.trace.now(), true
		}
	})
}
