package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"

	"github.com/langshark/langshark-go"
)

const (
	direct         = "direct call"
	wrapOff        = "langshark.Observe, disabled"
	wrapSilent     = "langshark.Observe, no capture"
	wrapCapture    = "langshark.Observe"
	wrapOwn        = "langshark.Observe, structs of one's own"
	wrapOtelSilent = "otel-go by hand, no capture"
	wrapOtel       = "otel-go by hand"
)

// wrapper compares langshark.Observe with what one writes by hand around a
// function for OpenTelemetry. Exports are discarded.
func wrapper(ctx context.Context, s settings) error {
	heading("Wrapper", "A function from 0.8 KB of chat to 0.4 KB that does nothing else, exports discarded.")
	subjects := []string{wrapOtel, wrapOtelSilent, wrapCapture, wrapOwn, wrapSilent, wrapOff, direct}
	m, err := rounds(ctx, s, subjects, task{Kind: kindCalls, N: s.calls, Chunk: chunk, Warmup: chunk})
	if err != nil {
		return err
	}
	var rows [][]string
	for _, name := range subjects {
		rs := m[name]
		against := wrapOtel
		if name == wrapSilent || name == wrapOtelSilent || name == wrapOff || name == direct {
			against = wrapOtelSilent
		}
		_, text := ratio(m.cpu(name), m.cpu(against))
		rows = append(rows, []string{
			name, fmt.Sprintf("%.0f", median(m.cpu(name))), text,
			fmt.Sprintf("%.0f", median(rs.of(func(r result) float64 { return float64(r.Caller) / float64(r.N) }))),
			fmt.Sprintf("%.0f", median(rs.of(func(r result) float64 { return float64(r.Bytes) / float64(r.N) }))),
			fmt.Sprintf("%.1f", median(rs.of(func(r result) float64 { return float64(r.Allocs) / float64(r.N) }))),
		})
	}
	table("A call", []string{"", "CPU ns", "ratio to otel-go of its kind", "caller ns", "B", "allocations"}, rows)
	return nil
}

type function func(context.Context, []message) ([]message, error)

// observed wraps a function of the SDK's messages, or of one's own, and returns a call of it.
func observed[M any](convert func([]message) []M, c chat, options ...langshark.ObserveOption) func(context.Context) {
	in, out := convert(c.input), convert(c.output)
	call := langshark.Observe("call", func(context.Context, []M) ([]M, error) { return out, nil }, options...)
	return func(ctx context.Context) { _, _ = call(ctx, in) }
}

func asTheyAre(list []message) []message { return list }

func (t task) calls() (result, error) {
	random := makeChats(1, 400, 400, 400)[0]
	answer := random.output
	plain := function(func(context.Context, []message) ([]message, error) { return answer, nil })
	call := func(ctx context.Context) { _, _ = plain(ctx, random.input) }
	ctx, settle, finish := context.Background(), func() {}, func() {}
	switch t.Subject {
	case direct:
	case wrapOff:
		call = observed(langsharkMessages, random)
	case wrapCapture, wrapOwn, wrapSilent:
		c, err := langshark.New(langshark.Config{Exporter: discard{}})
		if err != nil {
			return result{}, err
		}
		switch t.Subject {
		case wrapSilent:
			call = observed(langsharkMessages, random, langshark.WithoutInput(), langshark.WithoutOutput())
		case wrapOwn:
			call = observed(asTheyAre, random)
		default:
			call = observed(langsharkMessages, random)
		}
		r := &langsharkRecorder{client: c}
		var root *langshark.Span
		ctx, root = c.StartSpan(ctx, "root")
		settle, finish = r.settle, func() { root.End(); r.close(context.Background()) }
	case wrapOtel, wrapOtelSilent:
		sdk, err := newOtel(otelPlain, target{})
		if err != nil {
			return result{}, err
		}
		r := sdk.(*otelRecorder) //nolint:forcetypeassert // newOtel makes no other
		wrapped := r.wrap("call", plain, t.Subject == wrapOtel)
		call = func(ctx context.Context) { _, _ = wrapped(ctx, random.input) }
		settle, finish = r.settle, func() { r.close(context.Background()) }
	default:
		return result{}, fmt.Errorf("no wrapper is called %q", t.Subject)
	}
	step := func(int) { call(ctx) }
	return t.steps(step, settle, finish), nil
}

// wrap is what one writes without a wrapper.
func (r *otelRecorder) wrap(name string, f function, capture bool) function {
	return func(ctx context.Context, in []message) ([]message, error) {
		ctx, span := r.tracer.Start(ctx, name)
		defer span.End()
		if capture {
			span.SetAttributes(attribute.String("input.value", encode(in)))
		}
		out, err := f(ctx, in)
		if err != nil {
			span.RecordError(err)
		}
		if capture {
			span.SetAttributes(attribute.String("output.value", encode(out)))
		}
		return out, err
	}
}
