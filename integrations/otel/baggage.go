package otel

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/baggage"

	"github.com/langshark/langshark-go"
)

// The members of baggage, as Langfuse's SDKs name them.
const (
	memberUser        = "langfuse_user_id"
	memberSession     = "langfuse_session_id"
	memberTags        = "langfuse_tags" // joined by commas
	memberVersion     = "langfuse_version"
	memberTraceName   = "langfuse_trace_name"
	memberEnvironment = "langfuse_environment"
	memberMetadata    = "langfuse_metadata_" // prefix
)

// ContextWithBaggage sets trace attributes from the baggage in ctx for what
// starts below: user, session, tags, version, trace name, environment and metadata. Call it only
// for callers you trust.
func ContextWithBaggage(ctx context.Context) context.Context {
	var opts []langshark.TraceOption
	for _, m := range baggage.FromContext(ctx).Members() {
		v := m.Value()
		switch key := m.Key(); {
		case v == "":
		case key == memberUser:
			opts = append(opts, langshark.WithUser(v))
		case key == memberSession:
			opts = append(opts, langshark.WithSession(v))
		case key == memberTags:
			opts = append(opts, langshark.WithTags(strings.Split(v, ",")...))
		case key == memberVersion:
			opts = append(opts, langshark.WithVersion(v))
		case key == memberTraceName:
			opts = append(opts, langshark.WithTraceName(v))
		case key == memberEnvironment:
			opts = append(opts, langshark.WithEnvironment(v))
		case strings.HasPrefix(key, memberMetadata) && key != memberMetadata:
			opts = append(opts, langshark.WithMetadata(strings.TrimPrefix(key, memberMetadata), v))
		}
	}
	if len(opts) == 0 {
		return ctx
	}
	return langshark.WithTraceAttributes(ctx, opts...)
}

// Attributes are what [Baggage] sends along.
type Attributes struct {
	User, Session string
	// Tags must not contain commas.
	Tags     []string
	Metadata map[string]string
}

// Baggage returns ctx with the attributes in its baggage, for
// OpenTelemetry's baggage propagator to send. It goes to every host that is
// called with ctx. The error names what baggage can't hold.
func Baggage(ctx context.Context, a Attributes) (context.Context, error) {
	b := baggage.FromContext(ctx)
	set := func(key, value string) error {
		if value == "" {
			return nil
		}
		m, err := baggage.NewMemberRaw(key, value)
		if err == nil {
			b, err = b.SetMember(m)
		}
		if err != nil {
			return fmt.Errorf("langshark: baggage %s: %w", key, err)
		}
		return nil
	}
	for _, tag := range a.Tags {
		if strings.Contains(tag, ",") {
			return ctx, fmt.Errorf("langshark: baggage: the tag %q contains a comma", tag)
		}
	}
	for _, m := range [...]struct{ key, value string }{
		{memberUser, a.User}, {memberSession, a.Session}, {memberTags, strings.Join(a.Tags, ",")},
	} {
		if err := set(m.key, m.value); err != nil {
			return ctx, err
		}
	}
	for key, value := range a.Metadata {
		if err := set(memberMetadata+key, value); err != nil {
			return ctx, err
		}
	}
	return baggage.ContextWithBaggage(ctx, b), nil
}
