package otlp

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/semconv"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// conversion is one span on its way.
type conversion struct {
	*attributes
	span   *span
	source *source
	// own says that Langfuse's SDK or ours made the span: what isn't under Langfuse's
	// names says the same again.
	own   bool
	start time.Time
	o     store.ObservationWrite
}

// convert makes the writes of a span.
func convert(src *source, s *span) (store.Batch, error) {
	if err := s.check(); err != nil {
		return store.Batch{}, err
	}
	c := &conversion{attributes: newAttributes(s.attributes), span: s, source: src}
	c.own = src.scope == langSharkScope || strings.HasPrefix(src.scope, "langfuse")
	if s.start == 0 {
		s.start = s.end
	}
	c.start = instant(s.start)
	if err := c.ids(); err != nil {
		return store.Batch{}, err
	}
	var b store.Batch
	if b.Scores = c.scores(); len(b.Scores) > 0 && c.isScore() {
		return b, nil
	}
	c.observation()
	b.Traces = c.traces()
	c.o.Metadata = c.metadata()
	b.Observations = []store.ObservationWrite{c.o}
	return b, nil
}

// langSharkScope is the name of our own SDK as a library.
const langSharkScope = "langshark-go"

func instant(ns uint64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(min(ns, math.MaxInt64))).UTC()
}

// ids fills in ids: those of the span, or the application's own that stand in attributes.
func (c *conversion) ids() error {
	o := &c.o
	for _, id := range [...]struct {
		dst         *string
		given, name string
	}{
		{&o.ID, c.span.id, semconv.LangSharkObservationID},
		{&o.TraceID, c.span.trace, semconv.LangSharkTraceID},
		{&o.ParentID, c.span.parent, semconv.LangSharkParentID},
	} {
		*id.dst = id.given
		if own := c.text(id.name); own != "" && id.given != "" {
			if len([]rune(own)) > ingest.MaxIDChars {
				return fmt.Errorf("%s must have at most %d characters", id.name, ingest.MaxIDChars)
			}
			*id.dst = own
		}
	}
	return nil
}

// stamp orders the writes of spans: what has ended later wins.
func (c *conversion) stamp(ns uint64) store.Stamp {
	return store.NewStamp(instant(max(ns, 1)), false, "otlp-"+c.span.id)
}

// ended is when the span ended, else when it began.
func (c *conversion) ended() uint64 { return max(c.span.end, c.span.start) }

func (c *conversion) observation() {
	o := &c.o
	o.Stamp = c.stamp(c.ended())
	o.Kind = c.kind()
	o.Name = ingest.Label(c.name())
	o.Start = c.start
	if o.Kind != exporter.KindEvent {
		o.End = instant(c.ended())
	}
	c.level()
	c.payloads()
	c.generation()
	o.Environment = c.environment()
	o.Version = ingest.Label(c.version())
}

func (c *conversion) level() {
	level := exporter.LevelDefault
	switch c.text(semconv.LangfuseObservationLevel) {
	case "DEBUG":
		level = exporter.LevelDebug
	case "WARNING":
		level = exporter.LevelWarning
	case "ERROR":
		level = exporter.LevelError
	case "":
		if c.span.failed {
			level = exporter.LevelError
		}
	}
	c.o.Level = &level
	c.o.StatusMessage = c.text(semconv.LangfuseObservationStatusMessage)
	if c.o.StatusMessage == "" {
		c.o.StatusMessage = c.span.message
	}
	if c.o.StatusMessage == "" && c.span.failed {
		c.o.StatusMessage = c.exception()
	}
}

// exception is the message of the exception that a failed span has recorded.
func (c *conversion) exception() string {
	for i := range c.span.events {
		if e := &c.span.events[i]; e.name == "exception" {
			a := newAttributes(e.attributes)
			return a.see("exception.message", "exception.type")
		}
	}
	return ""
}

// name is what the span is called: by the tool, or by the library that knows more than the span's name.
func (c *conversion) name() string {
	if c.has(semconv.LangfuseObservationType) {
		return c.span.name
	}
	if c.o.Kind == exporter.KindTool {
		if name := c.text(semconv.GenAIToolName, "ai.toolCall.name", "tool.name", "lk.function_tool.name"); name != "" {
			return name
		}
	}
	if name := c.text("genkit:name", "logfire.msg"); name != "" {
		return name
	}
	if function := c.see("ai.telemetry.functionId"); function != "" && c.has("ai.operationId") {
		return function + ":" + c.see("ai.operationId")
	}
	return c.span.name
}
