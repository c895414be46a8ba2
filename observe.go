package langshark

import (
	"context"
	"errors"
	"runtime"
)

// The wrappers stand in for the decorator of other SDKs. A wrapper looks the
// client up at each call, so that one may be made before there is a client.

// Observe returns fn wrapped: each call is an observation of the given name,
// with the input as it was before the call and the output. An error is level
// ERROR with its text; a panic too, and it goes on. It costs nothing when the
// client is disabled.
func Observe[In, Out any](name string, fn func(context.Context, In) (Out, error), opts ...ObserveOption) func(context.Context, In) (Out, error) {
	w := newWrapper(name, opts)
	return func(ctx context.Context, in In) (out Out, err error) {
		ctx, span := w.start(ctx)
		if span == nil {
			return fn(ctx, in)
		}
		if w.takesInput(span) {
			w.input(span, in)
		}
		done := false
		defer func() {
			if !done {
				w.broken(span, recover())
			}
		}()
		out, err = fn(ctx, in)
		done = true
		if w.takesOutput(span) {
			w.output(span, out)
		}
		span.returned(err)
		return out, err
	}
}

// ObserveErr is [Observe] for a function without an output.
func ObserveErr[In any](name string, fn func(context.Context, In) error, opts ...ObserveOption) func(context.Context, In) error {
	w := newWrapper(name, opts)
	return func(ctx context.Context, in In) error {
		ctx, span := w.start(ctx)
		if span == nil {
			return fn(ctx, in)
		}
		if w.takesInput(span) {
			w.input(span, in)
		}
		return w.run(span, func() error { return fn(ctx, in) })
	}
}

// Observe0 is [Observe] for a function without an input.
func Observe0[Out any](name string, fn func(context.Context) (Out, error), opts ...ObserveOption) func(context.Context) (Out, error) {
	w := newWrapper(name, opts)
	return func(ctx context.Context) (Out, error) { return do(ctx, w, fn) }
}

// ObserveErr0 is [Observe] for a function without input and output.
func ObserveErr0(name string, fn func(context.Context) error, opts ...ObserveOption) func(context.Context) error {
	w := newWrapper(name, opts)
	return func(ctx context.Context) error {
		ctx, span := w.start(ctx)
		if span == nil {
			return fn(ctx)
		}
		return w.run(span, func() error { return fn(ctx) })
	}
}

// Do runs fn as an observation, as [Observe0] does, for one place in a function.
func Do[Out any](ctx context.Context, name string, fn func(context.Context) (Out, error), opts ...ObserveOption) (Out, error) {
	return do(ctx, newWrapper(name, opts), fn)
}

func do[Out any](ctx context.Context, w *wrapper, fn func(context.Context) (Out, error)) (out Out, err error) {
	ctx, span := w.start(ctx)
	if span == nil {
		return fn(ctx)
	}
	done := false
	defer func() {
		if !done {
			w.broken(span, recover())
		}
	}()
	out, err = fn(ctx)
	done = true
	if w.takesOutput(span) {
		w.output(span, out)
	}
	span.returned(err)
	return out, err
}

// wrapper is what all calls of one wrapper share.
type wrapper struct {
	name     string
	settings observeSettings
}

func newWrapper(name string, opts []ObserveOption) *wrapper {
	w := &wrapper{name: name}
	for _, o := range opts {
		if o != nil {
			o.applyObserve(&w.settings)
		}
	}
	return w
}

// start begins the observation; nil if nothing is recorded.
func (w *wrapper) start(ctx context.Context) (context.Context, *Span) {
	c := FromContext(ctx)
	if !c.enabled() {
		return background(ctx), nil
	}
	var s *settings
	if w.settings.version != "" || w.settings.mode != CaptureDefault || len(w.settings.metadata) > 0 {
		s = &w.settings.settings
	}
	return c.startSpan(ctx, w.settings.kind, w.name, s)
}

// takesInput is asked before the input becomes an interface, which may allocate.
func (w *wrapper) takesInput(span *Span) bool { return !w.settings.noInput && span.captures() }

func (w *wrapper) takesOutput(span *Span) bool { return !w.settings.noOutput && span.captures() }

func (w *wrapper) input(span *Span, in any) {
	span.SetInput(transformed(w.settings.transformInput, in))
}

func (w *wrapper) output(span *Span, out any) {
	span.SetOutput(transformed(w.settings.transformOutput, out))
}

// returned is the end of a call that returned.
func (s *Span) returned(err error) {
	s.SetError(err)
	s.End()
}

// run is for functions that return only an error.
func (w *wrapper) run(span *Span, fn func() error) (err error) {
	done := false
	defer func() {
		if !done {
			w.broken(span, recover())
		}
	}()
	err = fn()
	done = true
	span.returned(err)
	return err
}

var errGoexit = errors.New("the goroutine ended by runtime.Goexit")

// broken ends the observation of a call that did not return.
func (w *wrapper) broken(span *Span, p any) {
	if p == nil {
		span.SetError(errGoexit)
		span.End()
		return
	}
	span.SetError(panicError(p))
	span.SetMetadata("langshark.panic.stack", stack())
	span.End()
	panic(p)
}

// stack returns the current goroutine's stack, cut to 16 KB.
func stack() string {
	b := make([]byte, 16<<10)
	return string(b[:runtime.Stack(b, false)])
}

// transformed calls the application's function, which may panic.
func transformed(f func(any) any, v any) (result any) {
	if f == nil {
		return v
	}
	defer func() {
		if p := recover(); p != nil {
			result = map[string]string{"$error": panicError(p).Error()}
		}
	}()
	return f(v)
}
