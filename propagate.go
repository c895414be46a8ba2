package langshark

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/langshark/langshark-go/internal/ids"
)

// TraceIDFromSeed returns the trace id that all LangShark and Langfuse SDKs
// make of a text, as of an order number: the first 16 bytes of its SHA-256.
func TraceIDFromSeed(seed string) string { return ids.TraceFromSeed(seed).String() }

// Header names of W3C Trace Context and Baggage.
const (
	headerTraceparent = "Traceparent"
	headerBaggage     = "Baggage"
)

// Traceparent returns the W3C traceparent of the current observation in ctx,
// or "" without one. A trace id of another form than 32 hex digits is
// represented by [TraceIDFromSeed] of it.
func Traceparent(ctx context.Context) string {
	s := locate(ctx).span
	if s == nil || s.ids.id == (ids.Span{}) {
		return ""
	}
	flags := "-00"
	if s.trace.sampled {
		flags = "-01"
	}
	return "00-" + s.trace.id.String() + "-" + s.ids.id.String() + flags
}

// InjectHeader sets the header traceparent for the current observation in ctx.
// Without one it does nothing.
func InjectHeader(ctx context.Context, h http.Header) {
	if tp := Traceparent(ctx); tp != "" && h != nil {
		h.Set(headerTraceparent, tp)
	}
}

// InjectMap is [InjectHeader] for the metadata of a message, under the key traceparent.
func InjectMap(ctx context.Context, m map[string]string) {
	if tp := Traceparent(ctx); tp != "" && m != nil {
		m["traceparent"] = tp
	}
}

// ExtractHeader joins the trace of the header traceparent: what starts below
// the returned context belongs to it. Use it only for callers you trust.
// Without a valid traceparent it returns ctx.
func ExtractHeader(ctx context.Context, h http.Header) context.Context {
	return ContextWithTraceparent(ctx, h.Get(headerTraceparent))
}

// ExtractMap is [ExtractHeader] for the metadata of a message, under the key traceparent.
func ExtractMap(ctx context.Context, m map[string]string) context.Context {
	return ContextWithTraceparent(ctx, m["traceparent"])
}

// ContextWithTraceparent joins the trace of a W3C traceparent. Its sampling
// decision is followed. If it isn't valid, ctx is returned.
func ContextWithTraceparent(ctx context.Context, traceparent string) context.Context {
	trace, parent, sampled, ok := parseTraceparent(traceparent)
	if !ok {
		return ctx
	}
	return join(ctx, func(t *traceState, s *Span) {
		t.id, t.sampled = trace, sampled
		s.ids.id = parent
	})
}

// ContextWithParent joins a trace by its id, below one of its observations.
// Ids may be of any form. An empty parentID makes what starts below a further
// root of the trace. An empty traceID returns ctx.
func ContextWithParent(ctx context.Context, traceID, parentID string) context.Context {
	if traceID == "" {
		return ctx
	}
	return join(ctx, func(t *traceState, s *Span) {
		t.setID(traceID)
		t.sampled = sampled(t.client.sampleRate, t.id, t.idText)
		if parentID != "" {
			s.ids.set(parentID)
		}
	})
}

// join puts a span that stands for another process's into ctx.
func join(ctx context.Context, set func(*traceState, *Span)) context.Context {
	if !anyEnabled.Load() {
		return ctx
	}
	p := locate(ctx)
	n := &rootSpanNode{Context: background(ctx)}
	n.span.join(&n.state, p.client, p.overlay, set)
	return n
}

func (s *Span) join(t *traceState, c *Client, o *overlay, set func(*traceState, *Span)) {
	t.client, t.start, t.remote = c, time.Now(), true
	s.trace, s.overlay, s.remote, s.ended = t, o, true, true
	s.rejoins = set
	set(t, s)
	t.attributes.Store(c.attributes)
}

// rejoin returns the same for another client than the one of the context.
func (s *Span) rejoin(c *Client) *Span {
	n := &rootSpanNode{Context: context.Background()}
	n.span.join(&n.state, c, s.overlay.of(c), s.rejoins)
	return &n.span
}

// parseTraceparent reads version-trace-parent-flags (W3C Trace Context, level 2).
func parseTraceparent(s string) (trace ids.Trace, parent ids.Span, sampled, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) < 55 || s[2] != '-' || s[35] != '-' || s[52] != '-' || s[:2] == "ff" || s[:2] == "00" && len(s) != 55 || len(s) > 55 && s[55] != '-' {
		return trace, parent, false, false
	}
	if !isHex(s[0]) || !isHex(s[1]) || !isHex(s[53]) || !isHex(s[54]) {
		return trace, parent, false, false
	}
	trace, ok1 := ids.ParseTrace(s[3:35])
	parent, ok2 := ids.ParseSpan(s[36:52])
	digit := s[54]
	if digit >= 'a' {
		digit -= 'a' - 10 - '0' // only its lowest bit counts
	}
	return trace, parent, digit&1 == 1, ok1 && ok2
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

// Baggage keys, as Langfuse's SDKs name them.
const (
	baggageUser    = "langfuse_user_id"
	baggageSession = "langfuse_session_id"
	baggageTags    = "langfuse_tags"
)

// addBaggage adds user, session and tags to the W3C baggage in the header, each if it fits as a
// whole: user and session before tags, and none if there is too much without them.
func (p position) addBaggage(h http.Header) {
	if p.span == nil || !p.span.trace.sampled {
		return
	}
	a := p.overlay.apply(p.client, p.span.trace.attributes.Load())
	all := joinedBaggage(h)
	members := 0
	if all != "" {
		members = 1 + strings.Count(all, ",")
	}
	added := false
	for _, m := range [...]struct{ key, value string }{
		{baggageUser, a.UserID}, {baggageSession, a.SessionID}, {baggageTags, strings.Join(a.Tags, ",")},
	} {
		member := m.key + "=" + url.PathEscape(m.value)
		if all != "" {
			member = "," + member
		}
		if m.value == "" || members >= maxBaggageMembers || len(all)+len(member) > maxBaggageBytes {
			continue
		}
		all += member
		members++
		added = true
	}
	if added {
		h.Set(headerBaggage, all)
	}
}

// joinedBaggage is that of all lines of the header.
func joinedBaggage(h http.Header) string { return strings.Join(h.Values(headerBaggage), ",") }

// What the W3C asks everybody to carry.
const (
	maxBaggageBytes   = 8192
	maxBaggageMembers = 64
)

// fromBaggage reads user, session and tags. What is beyond the limits is not read at all.
func fromBaggage(header string) []TraceOption {
	if len(header) > maxBaggageBytes || strings.Count(header, ",") >= maxBaggageMembers {
		return nil
	}
	var opts []TraceOption
	for member := range strings.SplitSeq(header, ",") {
		pair, _, _ := strings.Cut(member, ";")
		key, text, _ := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(text))
		if err != nil || value == "" {
			continue
		}
		switch strings.TrimSpace(key) {
		case baggageUser:
			opts = append(opts, WithUser(value))
		case baggageSession:
			opts = append(opts, WithSession(value))
		case baggageTags:
			opts = append(opts, WithTags(strings.Split(value, ",")...))
		}
	}
	return opts
}
