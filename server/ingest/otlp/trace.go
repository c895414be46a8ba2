package otlp

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/semconv"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

var (
	userNames = []string{
		"langfuse.user.id", semconv.UserID, "langfuse.observation.metadata.langfuse_user_id", "langfuse.trace.metadata.langfuse_user_id",
		"ai.telemetry.metadata.userId", "traceloop.association.properties.user_id",
	}
	sessionNames = []string{
		"langfuse.session.id", semconv.SessionID, "gen_ai.conversation.id", "langfuse.observation.metadata.langfuse_session_id",
		"langfuse.trace.metadata.langfuse_session_id", "ai.telemetry.metadata.sessionId", "traceloop.association.properties.session_id",
		"gcp.vertex.agent.session_id",
	}
	tagNames = []string{
		semconv.LangfuseTraceTags, "langfuse.tags", "langfuse.observation.metadata.langfuse_tags", "langfuse.trace.metadata.langfuse_tags",
		"ai.telemetry.metadata.tags", "tag.tags",
	}
	environmentNames = []string{semconv.LangfuseEnvironment, semconv.DeploymentEnvironment, "deployment.environment"}
)

// traces are what the span says of its trace. A root says what the trace is unless another
// span says so by name: that is a write of its own, as of when the root began.
func (c *conversion) traces() (writes []store.TraceWrite) {
	w := store.TraceWrite{
		Stamp: c.stamp(c.ended()), ID: c.o.TraceID, Name: ingest.Label(c.text(semconv.LangfuseTraceName)), UserID: c.whose(ingest.User, userNames),
		SessionID: c.whose(ingest.Session, sessionNames), Release: ingest.Label(c.release()), Version: c.o.Version,
		Input: c.payloadOf([]string{"langfuse.trace.input"}), Output: c.payloadOf([]string{"langfuse.trace.output"}),
		Tags: c.tags(), Metadata: c.traceMetadata(),
	}
	if v, ok := c.take(semconv.LangfuseTracePublic, "langfuse.public"); ok {
		public := strings.EqualFold(v.String(), "true")
		w.Public = &public
	}
	if c.root() {
		writes = append(writes, store.TraceWrite{
			Stamp: c.stamp(c.span.start), ID: c.o.TraceID, Timestamp: c.start, Environment: c.o.Environment,
			Name: c.o.Name, Input: c.o.Input, Output: c.o.Output,
		})
	}
	said := w.Name != "" || w.UserID != "" || w.SessionID != "" || w.Release != "" || w.Version != "" || w.Input != nil || w.Output != nil ||
		len(w.Tags) > 0 || w.Metadata != nil || w.Public != nil
	if said {
		w.Timestamp, w.Environment = c.start, c.o.Environment
		writes = append(writes, w)
	}
	return writes
}

// root reports whether the span is the root of its trace, or says that it counts as one.
func (c *conversion) root() bool {
	asRoot := c.text("langfuse.internal.as_root") == "true"
	c.drop("langfuse.internal.is_app_root")
	return c.o.ParentID == "" || asRoot
}

// whose is the id of a user or a session. The whole of one that had to be made short stays among what no field has taken.
func (c *conversion) whose(form func(string) string, names []string) string {
	for _, name := range names {
		v, ok := c.get(name)
		if !ok {
			continue
		}
		given := v.String()
		id := form(given)
		if id == "" {
			continue
		}
		if id == given {
			c.drop(name)
		}
		return id
	}
	return ""
}

func (c *conversion) environment() string {
	if s := c.text(environmentNames...); s != "" {
		return ingest.Environment(s)
	}
	return ingest.Environment(c.ofResource(environmentNames...))
}

func (c *conversion) release() string {
	if s := c.text(semconv.LangfuseRelease); s != "" {
		return s
	}
	return c.ofResource(semconv.LangfuseRelease)
}

func (c *conversion) version() string {
	if s := c.text(semconv.LangfuseVersion); s != "" {
		return s
	}
	return c.ofResource(semconv.ServiceVersion)
}

// ofResource is the text of the first of the names that the resource has.
func (c *conversion) ofResource(names ...string) string {
	for _, name := range names {
		for i := range c.source.resource {
			if a := &c.source.resource[i]; a.key == name {
				if s := a.value.String(); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// tags are a list, a JSON array, a list with commas or a single one.
func (c *conversion) tags() (tags []string) {
	v, ok := c.take(tagNames...)
	if !ok {
		return nil
	}
	put := func(tag string) {
		if tag = ingest.Label(strings.TrimSpace(tag)); tag != "" {
			tags = append(tags, tag)
		}
	}
	switch {
	case v.kind == valueList:
		for i := range v.list {
			put(v.list[i].value.String())
		}
	case strings.HasPrefix(strings.TrimSpace(v.text), "["):
		var list []json.RawMessage
		if json.Unmarshal([]byte(v.text), &list) != nil {
			put(v.text)
		}
		for _, raw := range list {
			var s string
			if json.Unmarshal(raw, &s) != nil {
				s = string(raw)
			}
			put(s)
		}
	default:
		for tag := range strings.SplitSeq(v.String(), ",") {
			put(tag)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
