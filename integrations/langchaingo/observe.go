package langchaingo

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	langshark "github.com/langshark/langshark-go"
)

// handle is what spans and generations have in common.
type handle interface {
	SetInput(v any)
	SetOutput(v any)
	SetMetadata(key string, v any)
	SetError(err error)
	End()
}

// recorder returns the client for a call at ctx; nil if nothing would be recorded.
func (o *options) recorder(ctx context.Context) *langshark.Client {
	c := o.client
	if c == nil {
		c = langshark.FromContext(ctx)
	}
	if !c.Recording(ctx) {
		return nil
	}
	return c
}

func (o *options) named(name string) string {
	if o.name != "" {
		return o.name
	}
	return name
}

// start begins an observation that isn't of a model. The context tells a
// Handler that events of this kind are recorded already.
func (o *options) start(ctx context.Context, c *langshark.Client, kind langshark.Kind, name string) (context.Context, *langshark.Span) {
	ctx, span := c.StartObservation(ctx, kind, o.named(name), langshark.WithCapture(o.capture))
	return covered(ctx, kind), span
}

func (o *options) input(h handle, v any) {
	if !o.noInput {
		h.SetInput(v)
	}
}

func (o *options) output(h handle, v any) {
	if !o.noOutput {
		h.SetOutput(v)
	}
}

// finish ends the observation of a call that returned.
func finish(h handle, err error) {
	if err != nil {
		h.SetError(recorded{err})
	}
	h.End()
}

var errGoexit = errors.New("the goroutine ended by runtime.Goexit")

// broken ends the observation of a call that did not return, and lets a panic go on.
func broken(h handle, p any) {
	if p == nil {
		finish(h, errGoexit)
		return
	}
	if err, ok := p.(error); ok {
		finish(h, fmt.Errorf("panic: %w", err))
	} else {
		finish(h, fmt.Errorf("panic: %v", p))
	}
	panic(p)
}

// observed runs one call. record gets the result if it is to be recorded.
func observed[T any](h handle, record func(T), call func() (T, error)) (result T, err error) {
	done := false
	defer func() {
		if !done {
			broken(h, recover())
		}
	}()
	result, err = call()
	done = true
	safely(func() { record(result) })
	finish(h, err)
	return result, err
}

// safely keeps a panic of ours from the application.
func safely(f func()) {
	defer func() { _ = recover() }()
	f()
}

type coveredKey struct{}

// covered says that a wrapper records what is called with this context as kind.
func covered(ctx context.Context, kind langshark.Kind) context.Context {
	return context.WithValue(ctx, coveredKey{}, kind)
}

// isCovered reports whether a Handler may be silent. A wrapped chain has none of
// ours, so what tells of a chain is another one.
func isCovered(ctx context.Context, kind langshark.Kind) bool {
	k, ok := ctx.Value(coveredKey{}).(langshark.Kind)
	return ok && k == kind && kind != langshark.KindChain
}

// isNil reports whether an interface is nil or holds a nil pointer.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// typeName is the name of a value's type, without package and pointer.
func typeName(v any) string {
	t := reflect.TypeOf(v)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return t.String()
	}
	return t.Name()
}
