package langshark

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
)

// Protocol is the wire to the server.
type Protocol string

const (
	// ProtocolAuto asks the server what it understands.
	ProtocolAuto Protocol = "auto"
	// ProtocolIngestion is POST /api/public/ingestion, as in Langfuse 2 and 3 and LangShark.
	ProtocolIngestion Protocol = "ingestion"
	// ProtocolOTLP is OTLP over HTTP with the attributes of Langfuse, as Langfuse 4 has it. For other
	// backends of OpenTelemetry, make an exporter with package otlp and set Config.Exporter.
	ProtocolOTLP Protocol = "otlp"
)

// Config says how a [Client] works. Its zero value is valid: everything then
// comes from the environment, and without keys there the client is disabled.
// A field that is set wins over its variable.
type Config struct {
	// PublicKey, SecretKey and Host name the project and its server. From the
	// environment they are read as one group: all from LANGSHARK_PUBLIC_KEY,
	// LANGSHARK_SECRET_KEY and LANGSHARK_HOST (or LANGSHARK_BASE_URL), or all from the
	// same names with LANGFUSE_. There is no default host.
	PublicKey string
	SecretKey string
	Host      string

	// Exporter replaces the server: records go there, and no key is needed.
	Exporter exporter.Exporter

	// Protocol defaults to LANGSHARK_PROTOCOL, else ProtocolAuto.
	Protocol Protocol
	// Compressor is for the bodies of OTLP; nil means [exporter.Gzip]. The ingestion API takes none.
	Compressor exporter.Compressor

	// Environment tells production from staging: at most 40 lower-case letters, digits, - and _.
	// Defaults to LANGSHARK_ENVIRONMENT or LANGFUSE_TRACING_ENVIRONMENT; empty means "default" on the server.
	Environment string
	// Release is the application's version. Defaults to LANGSHARK_RELEASE, LANGFUSE_RELEASE,
	// or the commit that a CI service names.
	Release string

	// SampleRate is the part of all traces to keep, from 0 to 1. Nil means
	// LANGSHARK_SAMPLE_RATE, else 1. See [SampleRate].
	SampleRate *float64

	// FlushAt is the number of records that are sent without waiting for the interval; when more wait, up
	// to eight times as many go at once. Defaults to LANGSHARK_FLUSH_AT, else 100.
	FlushAt int
	// FlushInterval is how long a record waits at most. Defaults to LANGSHARK_FLUSH_INTERVAL, else 1 s.
	FlushInterval time.Duration
	// MaxRetries is how often a batch is tried again before it returns to the queue and the error is
	// reported; negative means never. Nothing is dropped by it. Defaults to LANGSHARK_MAX_RETRIES, else 3.
	MaxRetries int
	// Timeout bounds the delivery of one batch, which usually is one request; of a file, three times
	// as long. Defaults to LANGSHARK_TIMEOUT, else 20 s.
	Timeout time.Duration
	// QueueBytes bounds the memory of what waits to be sent, with a share for the garbage collector: the
	// process grows by less than twice as much in an outage. When it is full, plain spans are dropped
	// first, then generations, errors and traces, scores and later changes of traces last. Files have as
	// much again. It bounds the payloads of observations that run, too: above it, the oldest are sent as
	// they are, with the metadata langshark.unfinished, and their payloads and files let go. Their End comes
	// as an update; where the wire knows none (OTLP), they count as ended then. Defaults to
	// LANGSHARK_QUEUE_BYTES, else 32 MiB.
	QueueBytes int64

	// SpoolDir is a folder on a local disk for what the server doesn't take and memory has no room for: it
	// survives the end of the process, also a kill, and the next one delivers it. Several processes may share
	// one. It is made when the first record needs it; where it can't be used, OnError says so and records
	// stay in memory. Defaults to LANGSHARK_SPOOL_DIR, else none; "off" is none whatever the variable says.
	// See package spool.
	SpoolDir string
	// SpoolBytes bounds its files. Defaults to LANGSHARK_SPOOL_BYTES, else 1 GiB; at least 64 KiB.
	SpoolBytes int64
	// SpoolKey encrypts them with AES-256-GCM: 32 random bytes. Nil leaves them readable by their owner.
	SpoolKey []byte

	// Enabled switches tracing off when false: nothing is recorded, and AuthCheck asks nothing. Prompts are
	// fetched all the same. Nil means LANGSHARK_ENABLED, else LANGFUSE_TRACING_ENABLED, else true.
	Enabled *bool
	// Debug logs every background error instead of one in ten seconds. Defaults to LANGSHARK_DEBUG.
	Debug bool
	// CopyStrings copies every string that is recorded, for frameworks that reuse the memory of theirs.
	CopyStrings bool

	// Mask rewrites each text of inputs, outputs, metadata and status messages before it is queued.
	// See [Masker] and package mask.
	Mask Masker
	// Capture says what is recorded of inputs and outputs. Defaults to LANGSHARK_CAPTURE (all, masked
	// or none), else CaptureAll.
	Capture CaptureMode
	// Media says what becomes of images, sounds and files in them. Defaults to LANGSHARK_MEDIA (upload
	// or omit), else LANGFUSE_MEDIA_UPLOAD_ENABLED, else MediaDefault.
	Media MediaMode
	// Prompts is where managed prompts come from. Nil means the server at Host. An embedded server's
	// Prompts method gives one for its own process.
	Prompts PromptSource
	// PromptTTL is how long a prompt is used before it is fetched anew in the background. Defaults to
	// LANGSHARK_PROMPT_CACHE_TTL, else LANGFUSE_PROMPT_CACHE_DEFAULT_TTL_SECONDS, else 60 s.
	PromptTTL time.Duration
	// PromptTimeout bounds a fetch of a prompt with its retries, for which only the first caller waits.
	// Defaults to LANGSHARK_PROMPT_TIMEOUT, else 5 s.
	PromptTimeout time.Duration
	// PromptMaxStale is how long a prompt that can't be fetched anew is used without a word. An older one
	// is used too, and OnError and Stats tell of it.
	// Defaults to LANGSHARK_PROMPT_MAX_STALE, else 24 h.
	PromptMaxStale time.Duration
	// PromptSnapshot is a file, readable by its owner only, that holds the last known prompts for the next
	// process, which then starts without its server, too. It is of this Host and PublicKey, or of what Prompts
	// says that it is of (see [PromptIdentifier]); several processes may share one. Defaults to
	// LANGSHARK_PROMPT_SNAPSHOT, else none; "off" is none whatever the variable says.
	PromptSnapshot string
	// PromptPush has our server tell of changed prompts at once, over a connection that the first
	// prompt opens. Nil means LANGSHARK_PROMPT_PUSH, else true.
	PromptPush *bool
	// Bridge joins our traces and those of another tracing library. See [Bridge].
	Bridge Bridge
	// OnError is told of background errors on the client's goroutine: it must return soon and not call
	// Flush or Shutdown. Of errors of recording, as when Mask fails, it is told on the goroutine that
	// records: at most once a second, with the number of those untold, and never while such a call runs,
	// so that it may record itself. Defaults to a slog warning at most every ten seconds.
	OnError func(error)
	// OnStats, if set, is given the counts every ten seconds while they change, and at Shutdown: on a
	// goroutine of its own. Shutdown waits for that last call, for a second at most and never beyond
	// 100 ms after its deadline, and so may be called from it, as Flush may. For expvar, see [Stats.String].
	OnStats func(Stats)
	// HTTPClient sends to the server. Defaults to one of the client's own. Calls are bounded by Timeout;
	// the stream of changed prompts is by none, nor by this client's own.
	HTTPClient *http.Client
	// Logger is used by the default OnError, for the one line about a disabled client and for the counts at Shutdown. Defaults to slog.Default().
	Logger *slog.Logger
}

// SampleRate is a helper for [Config].
func SampleRate(rate float64) *float64 { return &rate }

// Enabled is a helper for [Config].
func Enabled(on bool) *bool { return &on }

// CI services' names for the commit, as Langfuse's SDKs read them.
var releaseVariables = []string{
	"LANGSHARK_RELEASE", "LANGFUSE_RELEASE", "RENDER_GIT_COMMIT", "CI_COMMIT_SHA", "SOURCE_VERSION", "TRAVIS_COMMIT",
	"GIT_COMMIT", "GITHUB_SHA", "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION", "DRONE_COMMIT_SHA",
}

var environmentPattern = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)

// fromEnvironment fills what is unset and checks everything.
func (c Config) fromEnvironment(env func(string) string) (Config, error) {
	e := envReader{get: env}
	e.server(&c)
	if c.Environment == "" {
		c.Environment, _ = e.first("LANGSHARK_ENVIRONMENT", "LANGFUSE_TRACING_ENVIRONMENT")
	}
	if c.Environment != "" && (!environmentPattern.MatchString(c.Environment) || strings.HasPrefix(c.Environment, "langfuse")) {
		e.fail("Environment (LANGSHARK_ENVIRONMENT): %q must be at most 40 lower-case letters, digits, - and _, and not begin with langfuse", c.Environment)
	}
	if c.Release == "" {
		c.Release, _ = e.first(releaseVariables...)
	}
	if c.SampleRate == nil {
		c.SampleRate = envValue(&e, parseRate, "a number from 0 to 1", "LANGSHARK_SAMPLE_RATE", "LANGFUSE_SAMPLE_RATE")
	} else if r := *c.SampleRate; !(r >= 0 && r <= 1) {
		e.fail("SampleRate: %v is not from 0 to 1", r)
	}
	envDefault(&e, &c.FlushAt, parsePositive[int], "a whole number above 0", "LANGSHARK_FLUSH_AT", "LANGFUSE_FLUSH_AT")
	envDefault(&e, &c.FlushInterval, parseDuration, "a duration like 1s, or seconds", "LANGSHARK_FLUSH_INTERVAL", "LANGFUSE_FLUSH_INTERVAL")
	if c.MaxRetries == 0 {
		if n := envValue(&e, parseRetries, "a whole number from 0", "LANGSHARK_MAX_RETRIES", "LANGFUSE_MAX_RETRIES"); n != nil {
			c.MaxRetries = *n
		}
	}
	envDefault(&e, &c.Timeout, parseDuration, "a duration like 20s, or seconds", "LANGSHARK_TIMEOUT", "LANGFUSE_TIMEOUT")
	envDefault(&e, &c.QueueBytes, parsePositive[int64], "a whole number of bytes above 0", "LANGSHARK_QUEUE_BYTES")
	if c.SpoolDir == "" {
		c.SpoolDir, _ = e.first("LANGSHARK_SPOOL_DIR")
	}
	if c.SpoolDir == "off" {
		c.SpoolDir = ""
	}
	envDefault(&e, &c.SpoolBytes, parsePositive[int64], "a whole number of bytes above 0", "LANGSHARK_SPOOL_BYTES")
	if c.SpoolDir == "" && len(c.SpoolKey) > 0 {
		e.fail("SpoolKey: there is nothing to encrypt without SpoolDir (LANGSHARK_SPOOL_DIR)")
	}
	e.prompts(&c)
	if c.Enabled == nil {
		c.Enabled = envValue(&e, strconv.ParseBool, "true or false", "LANGSHARK_ENABLED", "LANGFUSE_TRACING_ENABLED")
	}
	if !c.Debug {
		if on := envValue(&e, strconv.ParseBool, "true or false", "LANGSHARK_DEBUG", "LANGFUSE_DEBUG"); on != nil {
			c.Debug = *on
		}
	}
	if c.Protocol == "" {
		p, _ := e.first("LANGSHARK_PROTOCOL")
		c.Protocol = Protocol(p)
	}
	if c.Capture == CaptureDefault {
		if m := envValue(&e, parseCapture, "all, masked or none", "LANGSHARK_CAPTURE"); m != nil {
			c.Capture = *m
		}
	}
	if c.Capture > CaptureNone {
		e.fail("Capture: %d is none of CaptureAll, CaptureMasked and CaptureNone", c.Capture)
	}
	envDefault(&e, &c.Media, parseMedia, "upload or omit", "LANGSHARK_MEDIA", "LANGFUSE_MEDIA_UPLOAD_ENABLED")
	if c.Media > MediaOmit {
		e.fail("Media: %d is neither MediaUpload nor MediaOmit", c.Media)
	}
	switch c.Protocol {
	case "":
		c.Protocol = ProtocolAuto
	case ProtocolAuto, ProtocolIngestion, ProtocolOTLP:
	default:
		e.fail("Protocol (LANGSHARK_PROTOCOL): %q is not auto, ingestion or otlp", c.Protocol)
	}
	for _, f := range [...]struct {
		name     string
		negative bool
	}{
		{"FlushAt", c.FlushAt < 0},
		{"FlushInterval", c.FlushInterval < 0},
		{"Timeout", c.Timeout < 0},
		{"QueueBytes", c.QueueBytes < 0},
		{"PromptTTL", c.PromptTTL < 0},
		{"PromptTimeout", c.PromptTimeout < 0},
		{"PromptMaxStale", c.PromptMaxStale < 0},
	} {
		if f.negative {
			e.fail("%s: must not be negative", f.name)
		}
	}
	return c, errors.Join(e.errs...)
}

// prompts reads what is about managed prompts.
func (e *envReader) prompts(c *Config) {
	envDefault(e, &c.PromptTTL, parseDuration, "a duration like 60s, or seconds", "LANGSHARK_PROMPT_CACHE_TTL", "LANGFUSE_PROMPT_CACHE_DEFAULT_TTL_SECONDS")
	envDefault(e, &c.PromptTimeout, parseDuration, "a duration like 5s, or seconds", "LANGSHARK_PROMPT_TIMEOUT")
	envDefault(e, &c.PromptMaxStale, parseDuration, "a duration like 24h, or seconds", "LANGSHARK_PROMPT_MAX_STALE")
	c.PromptTTL = cmp.Or(c.PromptTTL, DefaultPromptTTL)
	c.PromptTimeout = cmp.Or(c.PromptTimeout, DefaultPromptTimeout)
	c.PromptMaxStale = cmp.Or(c.PromptMaxStale, DefaultPromptMaxStale)
	if c.PromptSnapshot == "" {
		c.PromptSnapshot, _ = e.first("LANGSHARK_PROMPT_SNAPSHOT")
	}
	if c.PromptSnapshot == "off" {
		c.PromptSnapshot = ""
	}
	if c.PromptPush == nil {
		c.PromptPush = envValue(e, strconv.ParseBool, "true or false", "LANGSHARK_PROMPT_PUSH")
	}
}

// off reports whether tracing is switched off.
func (c *Config) off() bool { return c.Enabled != nil && !*c.Enabled }

// wanted reports whether there is anything to send to.
func (c *Config) wanted() bool {
	return !c.off() && (c.Exporter != nil || c.PublicKey != "" || c.SecretKey != "")
}

type envReader struct {
	get  func(string) string
	errs []error
}

func (e *envReader) fail(format string, args ...any) {
	e.errs = append(e.errs, fmt.Errorf("langshark: config: "+format, args...))
}

// first returns the first variable that is set.
func (e *envReader) first(names ...string) (value, name string) {
	for _, name := range names {
		if v := strings.TrimSpace(e.get(name)); v != "" {
			return v, name
		}
	}
	return "", ""
}

// server reads the group of keys and host, and checks that it is whole.
func (e *envReader) server(c *Config) {
	prefix := "LANGSHARK_"
	if _, name := e.first("LANGSHARK_PUBLIC_KEY", "LANGSHARK_SECRET_KEY", "LANGSHARK_HOST", "LANGSHARK_BASE_URL"); name == "" {
		if _, other := e.first("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGFUSE_HOST", "LANGFUSE_BASE_URL"); other != "" {
			prefix = "LANGFUSE_"
		}
	}
	if c.PublicKey == "" {
		c.PublicKey, _ = e.first(prefix + "PUBLIC_KEY")
	}
	if c.SecretKey == "" {
		c.SecretKey, _ = e.first(prefix + "SECRET_KEY")
	}
	if c.Host == "" {
		c.Host, _ = e.first(prefix+"HOST", prefix+"BASE_URL")
	}
	if c.Exporter != nil || !c.wanted() {
		return
	}
	if text, _ := e.first("LANGSHARK_ENABLED", "LANGFUSE_TRACING_ENABLED"); c.Enabled == nil {
		if on, err := strconv.ParseBool(text); err == nil && !on {
			return
		}
	}
	for _, f := range [...]struct{ value, field, variable string }{
		{c.PublicKey, "PublicKey", "PUBLIC_KEY"}, {c.SecretKey, "SecretKey", "SECRET_KEY"}, {c.Host, "Host", "HOST"},
	} {
		if f.value == "" {
			e.fail("%s is missing: set %s%s too (or Config.%s)", f.field, prefix, f.variable, f.field)
		}
	}
}

// envValue parses the first variable that is set; nil if none is.
func envValue[T any](e *envReader, parse func(string) (T, error), want string, names ...string) *T {
	text, name := e.first(names...)
	if name == "" {
		return nil
	}
	v, err := parse(text)
	if err != nil {
		e.fail("%s: %q is not %s", name, text, want)
		return nil
	}
	return &v
}

func envDefault[T comparable](e *envReader, field *T, parse func(string) (T, error), want string, names ...string) {
	var zero T
	if *field != zero {
		return
	}
	if v := envValue(e, parse, want, names...); v != nil {
		*field = *v
	}
}

var errRange = errors.New("out of range")

func parseRate(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err == nil && !(f >= 0 && f <= 1) {
		err = errRange
	}
	return f, err
}

func parsePositive[T int | int64](s string) (T, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err == nil && (n <= 0 || int64(T(n)) != n) {
		err = errRange
	}
	return T(n), err
}

// parseRetries returns -1 for 0, which in Config means none.
func parseRetries(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err == nil && n == 0 {
		return -1, nil
	}
	return int(n), err
}

func parseCapture(s string) (CaptureMode, error) {
	switch strings.ToLower(s) {
	case "all":
		return CaptureAll, nil
	case "masked":
		return CaptureMasked, nil
	case "none":
		return CaptureNone, nil
	}
	return CaptureDefault, errRange
}

// parseMedia also reads the true and false of Langfuse's variable.
func parseMedia(s string) (MediaMode, error) {
	switch strings.ToLower(s) {
	case "upload", "true", "1":
		return MediaUpload, nil
	case "omit", "false", "0":
		return MediaOmit, nil
	}
	return MediaDefault, errRange
}

// parseDuration reads 500ms and the like; a bare number is seconds.
func parseDuration(s string) (time.Duration, error) {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		if !(f >= 1e-3 && f < 1e9) {
			return 0, errRange
		}
		return time.Duration(f * float64(time.Second)), nil
	}
	d, err := time.ParseDuration(s)
	if err == nil && d <= 0 {
		err = errRange
	}
	return d, err
}

func osEnv(name string) string { return os.Getenv(name) }
