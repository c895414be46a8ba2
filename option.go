package langshark

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// TraceOption sets a property of a trace: in StartTrace, UpdateTrace and WithTraceAttributes.
type TraceOption interface{ applyTrace(*settings) }

// SpanOption sets a property of an observation: in StartSpan, StartObservation and RecordEvent.
type SpanOption interface{ applySpan(*settings) }

// GenerationOption sets a property of a generation: in StartGeneration and UpdateObservation.
type GenerationOption interface{ applyGeneration(*settings) }

// ScoreOption sets a property of a score, in RecordScore.
type ScoreOption interface{ applyScore(*settings) }

// ObserveOption says how a wrapper records, in Observe and its like.
type ObserveOption interface{ applyObserve(*observeSettings) }

// What fits several targets.
type (
	// PayloadOption fits traces and observations.
	PayloadOption interface {
		TraceOption
		SpanOption
		GenerationOption
	}
	// ObservationOption fits observations of every kind.
	ObservationOption interface {
		SpanOption
		GenerationOption
	}
	// TraceIDOption fits traces, observations and scores.
	TraceIDOption interface {
		TraceOption
		SpanOption
		GenerationOption
		ScoreOption
	}
	// ObservationIDOption fits observations and scores.
	ObservationIDOption interface {
		SpanOption
		GenerationOption
		ScoreOption
	}
	// MetadataOption fits everything that has metadata.
	MetadataOption interface {
		TraceOption
		SpanOption
		GenerationOption
		ScoreOption
		ObserveOption
	}
	// VersionOption fits traces, observations and wrappers.
	VersionOption interface {
		TraceOption
		SpanOption
		GenerationOption
		ObserveOption
	}
	// CaptureOption fits observations and wrappers.
	CaptureOption interface {
		SpanOption
		GenerationOption
		ObserveOption
	}
	// TraceOrScoreOption fits traces and scores.
	TraceOrScoreOption interface {
		TraceOption
		ScoreOption
	}
)

// settings are what options say. A field's zero value says nothing.
type settings struct {
	// of traces
	attributes patch
	// of observations
	traceID, observationID string
	mode                   CaptureMode
	start                  time.Time
	level                  *Level
	status                 string
	version                string
	input, output          any
	hasInput, hasOutput    bool
	metadata               []anyValue
	// of generations
	model           string
	parameters      map[string]any
	usage           *Usage
	cost            *Cost
	completionStart time.Time
	promptName      string
	promptVersion   int
	unlinked        bool // from any prompt
	assigned        assignment
	// of scores
	scoreID, comment, configID, sessionID, environment string
}

type anyValue struct {
	key   string
	value any
}

// patch is a change of a trace's attributes.
type patch struct {
	name, user, session, environment, release, version string
	tags                                               []string
	metadata                                           []anyValue
	public                                             *bool

	values []exporter.KeyValue // metadata, encoded and masked; its memory is not pooled, for records share it
}

// observeSettings are what a wrapper knows.
type observeSettings struct {
	settings
	kind            Kind
	noInput         bool
	noOutput        bool
	transformInput  func(any) any
	transformOutput func(any) any
}

// A traceScope fits traces only.
type traceScope func(*settings)

func (f traceScope) applyTrace(s *settings) { f(s) }

// An observationScope fits spans and generations.
type observationScope func(*settings)

func (f observationScope) applySpan(s *settings)       { f(s) }
func (f observationScope) applyGeneration(s *settings) { f(s) }

// A generationScope fits generations only.
type generationScope func(*settings)

func (f generationScope) applyGeneration(s *settings) { f(s) }

// A scoreScope fits scores only.
type scoreScope func(*settings)

func (f scoreScope) applyScore(s *settings) { f(s) }

// An observeScope fits wrappers only.
type observeScope func(*observeSettings)

func (f observeScope) applyObserve(s *observeSettings) { f(s) }

// A payloadScope fits traces, spans and generations.
type payloadScope func(*settings)

func (f payloadScope) applyTrace(s *settings)      { f(s) }
func (f payloadScope) applySpan(s *settings)       { f(s) }
func (f payloadScope) applyGeneration(s *settings) { f(s) }

// WithInput sets the input. A string is kept by reference, anything else is encoded as JSON at once.
// In UpdateTrace it sets the trace's own input, which otherwise is its root observation's.
func WithInput(v any) PayloadOption {
	return payloadScope(func(s *settings) { s.input, s.hasInput = v, true })
}

// WithOutput sets the output, as WithInput does the input.
func WithOutput(v any) PayloadOption {
	return payloadScope(func(s *settings) { s.output, s.hasOutput = v, true })
}

// WithStartTime sets when it began, for work that was recorded elsewhere. Defaults to now.
func WithStartTime(t time.Time) PayloadOption {
	return payloadScope(func(s *settings) { s.start = t })
}

// WithLevel sets the level.
func WithLevel(l Level) ObservationOption {
	return observationScope(func(s *settings) { s.level = &l })
}

// WithStatusMessage says more about the level, as in an error's text.
func WithStatusMessage(text string) ObservationOption {
	return observationScope(func(s *settings) { s.status = text })
}

// An idOption fits whatever has or names a trace id.
type idOption string

func (o idOption) applyTrace(s *settings)      { s.traceID = string(o) }
func (o idOption) applySpan(s *settings)       { s.traceID = string(o) }
func (o idOption) applyGeneration(s *settings) { s.traceID = string(o) }
func (o idOption) applyScore(s *settings)      { s.traceID = string(o) }

// WithTraceID gives the trace an id: 32 lower-case hex digits, or any other text of up to 800
// bytes, which is kept. What it starts is the root of that trace, whatever ctx holds. For a
// score, it names the trace that is judged.
func WithTraceID(id string) TraceIDOption { return idOption(id) }

// An observationIDOption fits observations and scores.
type observationIDOption string

func (o observationIDOption) applySpan(s *settings)       { s.observationID = string(o) }
func (o observationIDOption) applyGeneration(s *settings) { s.observationID = string(o) }
func (o observationIDOption) applyScore(s *settings)      { s.observationID = string(o) }

// WithObservationID gives the observation an id: 16 lower-case hex digits, or any other text of up
// to 800 bytes, which is kept. For a score, it names the observation that is judged.
func WithObservationID(id string) ObservationIDOption {
	return observationIDOption(id)
}

// A metadataOption fits everything that has metadata.
type metadataOption anyValue

func (o metadataOption) applyTrace(s *settings) {
	s.attributes.metadata = append(s.attributes.metadata, anyValue(o))
}

func (o metadataOption) applySpan(s *settings) { s.metadata = append(s.metadata, anyValue(o)) }

func (o metadataOption) applyGeneration(s *settings) { s.metadata = append(s.metadata, anyValue(o)) }

func (o metadataOption) applyScore(s *settings) { s.metadata = append(s.metadata, anyValue(o)) }

func (o metadataOption) applyObserve(s *observeSettings) {
	s.metadata = append(s.metadata, anyValue(o))
}

// WithMetadata adds one value to the metadata; the same key again replaces it.
func WithMetadata(key string, value any) MetadataOption {
	return metadataOption{key, value}
}

// A versionOption fits traces, observations and wrappers.
type versionOption string

func (o versionOption) applyTrace(s *settings)          { s.attributes.version = string(o) }
func (o versionOption) applySpan(s *settings)           { s.version = string(o) }
func (o versionOption) applyGeneration(s *settings)     { s.version = string(o) }
func (o versionOption) applyObserve(s *observeSettings) { s.version = string(o) }

// WithVersion sets the version of the code at work, as in that of an agent.
func WithVersion(v string) VersionOption { return versionOption(v) }

// A sessionOption fits traces and scores.
type sessionOption string

func (o sessionOption) applyTrace(s *settings) { s.attributes.session = string(o) }
func (o sessionOption) applyScore(s *settings) { s.sessionID = string(o) }

// WithSession groups traces, as the turns of one conversation. A score with it judges the session.
func WithSession(id string) TraceOrScoreOption { return sessionOption(id) }

// An environmentOption fits traces and scores.
type environmentOption string

func (o environmentOption) applyTrace(s *settings) { s.attributes.environment = string(o) }
func (o environmentOption) applyScore(s *settings) { s.environment = string(o) }

// WithEnvironment overrides the client's environment.
func WithEnvironment(name string) TraceOrScoreOption {
	return environmentOption(name)
}

// WithTraceName names the trace, which otherwise has its root observation's name.
func WithTraceName(name string) TraceOption {
	return traceScope(func(s *settings) { s.attributes.name = name })
}

// WithUser says for whom the trace runs.
func WithUser(id string) TraceOption { return userOption(id) }

type userOption string

func (o userOption) applyTrace(s *settings) { s.attributes.user = string(o) }

// WithTags adds tags to the trace's.
func WithTags(tags ...string) TraceOption {
	return traceScope(func(s *settings) { s.attributes.tags = append(s.attributes.tags, tags...) })
}

// WithRelease overrides the client's release.
func WithRelease(release string) TraceOption {
	return traceScope(func(s *settings) { s.attributes.release = release })
}

// WithPublic makes the trace readable by anybody who has its link, or no longer.
func WithPublic(public bool) TraceOption {
	return traceScope(func(s *settings) { s.attributes.public = &public })
}

// WithModel names the model.
func WithModel(name string) GenerationOption {
	return generationScope(func(s *settings) { s.model = name })
}

// WithModelParameters adds parameters of the request, as in temperature.
func WithModelParameters(p map[string]any) GenerationOption {
	return generationScope(func(s *settings) {
		if s.parameters == nil {
			s.parameters = make(map[string]any, len(p))
		}
		maps.Copy(s.parameters, p)
	})
}

// WithUsage sets the tokens.
func WithUsage(u Usage) GenerationOption {
	return generationScope(func(s *settings) { s.usage = &u })
}

// WithCost sets what the call cost; the server then computes nothing.
func WithCost(c Cost) GenerationOption {
	return generationScope(func(s *settings) { s.cost = &c })
}

// WithCompletionStart sets when the first token arrived.
func WithCompletionStart(t time.Time) GenerationOption {
	return generationScope(func(s *settings) { s.completionStart = t })
}

// WithScoreID gives the score an id: recorded again with the same id, it replaces the first.
func WithScoreID(id string) ScoreOption {
	return scoreScope(func(s *settings) { s.scoreID = id })
}

// WithComment explains the score.
func WithComment(text string) ScoreOption {
	return scoreScope(func(s *settings) { s.comment = text })
}

// WithConfigID names the score config that the value must fit.
func WithConfigID(id string) ScoreOption {
	return scoreScope(func(s *settings) { s.configID = id })
}

// A captureOption fits observations and wrappers.
type captureOption CaptureMode

func (o captureOption) applySpan(s *settings)           { s.mode = CaptureMode(o) }
func (o captureOption) applyGeneration(s *settings)     { s.mode = CaptureMode(o) }
func (o captureOption) applyObserve(s *observeSettings) { s.mode = CaptureMode(o) }

// WithCapture says what is recorded of the observation's input and output. It is not passed on
// to the observations below, and UpdateObservation doesn't change it.
func WithCapture(m CaptureMode) CaptureOption { return captureOption(m) }

// WithKind sets the kind of the wrapper's observation. Defaults to KindSpan.
func WithKind(k Kind) ObserveOption {
	return observeScope(func(s *observeSettings) { s.kind = k })
}

// WithoutInput leaves the input out.
func WithoutInput() ObserveOption {
	return observeScope(func(s *observeSettings) { s.noInput = true })
}

// WithoutOutput leaves the output out.
func WithoutOutput() ObserveOption {
	return observeScope(func(s *observeSettings) { s.noOutput = true })
}

// WithInputTransform records what f makes of the input instead. It runs before the function that
// is wrapped; if it panics, {"$error": …} is recorded.
func WithInputTransform(f func(any) any) ObserveOption {
	return observeScope(func(s *observeSettings) { s.transformInput = f })
}

// WithOutputTransform records what f makes of the output instead, as WithInputTransform does for
// the input. For sequences and channels it gets each item.
func WithOutputTransform(f func(any) any) ObserveOption {
	return observeScope(func(s *observeSettings) { s.transformOutput = f })
}

// settingsPool has empty settings. Options get them through an interface, which
// else would make each a garbage of its own.
var settingsPool = sync.Pool{New: func() any { return new(settings) }}

// free gives settings back that nobody reads any more; nil is none.
func (s *settings) free() {
	if s != nil {
		*s = settings{}
		settingsPool.Put(s)
	}
}

func traceSettings(opts []TraceOption) *settings {
	if len(opts) == 0 {
		return nil
	}
	s := settingsPool.Get().(*settings)
	for _, o := range opts {
		if o != nil {
			o.applyTrace(s)
		}
	}
	return s
}

func spanSettings(opts []SpanOption) *settings {
	if len(opts) == 0 {
		return nil
	}
	s := settingsPool.Get().(*settings)
	for _, o := range opts {
		if o != nil {
			o.applySpan(s)
		}
	}
	return s
}

func generationSettings(opts []GenerationOption) *settings {
	if len(opts) == 0 {
		return nil
	}
	s := settingsPool.Get().(*settings)
	for _, o := range opts {
		if o != nil {
			o.applyGeneration(s)
		}
	}
	return s
}

// encode encodes and masks the metadata, on the goroutine that gave it.
func (p *patch) encode(c *Client) {
	if len(p.metadata) == 0 {
		return
	}
	for _, m := range p.metadata {
		p.values = setKeyValue(p.values, c.label(m.key), c.capture(captureScope{}, FieldMetadata, m.key, m.value).value())
	}
	p.metadata = nil
}

// apply returns the attributes with the patch on them; a itself is not changed.
func (p *patch) apply(c *Client, a *exporter.Attributes) *exporter.Attributes {
	n := *a
	for _, f := range [...]struct {
		field *string
		value string
	}{
		{&n.TraceName, p.name},
		{&n.UserID, p.user},
		{&n.SessionID, p.session},
		{&n.Environment, p.environment},
		{&n.Release, p.release},
		{&n.Version, p.version},
	} {
		if f.value != "" {
			*f.field = c.label(f.value)
		}
	}
	if len(p.tags) > 0 {
		n.Tags = c.unionTags(a.Tags, p.tags)
	}
	if len(p.values) > 0 {
		n.Metadata = slices.Clone(a.Metadata)
		for _, kv := range p.values {
			n.Metadata = setKeyValue(n.Metadata, kv.Key, kv.Value)
		}
	}
	if p.public != nil {
		n.Public = p.public
	}
	return &n
}

// unionTags returns both lists sorted, each tag once.
func (c *Client) unionTags(a, b []string) []string {
	all := slices.Concat(a, b)
	for i := len(a); i < len(all); i++ {
		all[i] = c.label(all[i])
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(t string) bool { return t == "" })
}

// setKeyValue keeps the list sorted by key; a value that is nothing leaves it as it is.
func setKeyValue(kvs []exporter.KeyValue, key string, v exporter.Value) []exporter.KeyValue {
	if v.IsZero() {
		return kvs
	}
	at, found := slices.BinarySearchFunc(kvs, key, func(kv exporter.KeyValue, key string) int { return strings.Compare(kv.Key, key) })
	if found {
		kvs[at].Value = v
		return kvs
	}
	return slices.Insert(kvs, at, exporter.KeyValue{Key: key, Value: v})
}
