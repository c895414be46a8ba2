package langshark

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/auto"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/exporter/otlp"
	"github.com/langshark/langshark-go/exporter/spool"
	"github.com/langshark/langshark-go/internal/onflush"
)

// Version is that of this SDK, as sent to the server.
const Version = "0.1.0"

// Client records traces and delivers them. Make one with [New] and end it with
// [Client.Shutdown]. All methods may be called on nil and by several goroutines.
type Client struct {
	pipeline    *exporter.Pipeline // nil when disabled
	exporter    exporter.Exporter
	attributes  *exporter.Attributes // of every trace, before its own
	sampleRate  float64
	mask        Masker
	bridge      Bridge                // nil for none
	omitter     exporter.TraceOmitter // nil if the exporter is none
	captureMode CaptureMode
	files       *exporter.Pipeline     // nil if the exporter takes no files
	uploader    exporter.MediaUploader // of files
	mediaMode   MediaMode
	onError     func(error)
	prompts     *promptCache // nil without a source
	noHost      error        // why Config.Host is none; nil but where tracing is off, and prompts alone need it
	off         bool         // by Config.Enabled or its variable

	copyStrings  bool
	unfinished   exporter.UnfinishedAccepter // nil if the exporter never takes observations that still run
	open         *openTable                  // nil when disabled
	late         atomic.Int64
	masked       atomic.Int64
	held         atomic.Int64 // bytes of the payloads of observations that run
	maxHeld      int64
	mediaOmitted atomic.Int64
	complaints   complaints

	stats    *statsReporter
	logger   *slog.Logger
	shutdown sync.Once
	summary  onceOnly
}

// disabled is the client that does nothing.
var disabled = &Client{attributes: new(exporter.Attributes)}

var defaultClient atomic.Pointer[Client]

// anyEnabled is set with the first client that records: before, contexts need not remember anything.
var anyEnabled atomic.Bool

// Default returns the client that the package's functions use where ctx
// carries none. It is disabled until [SetDefault].
func Default() *Client {
	if c := defaultClient.Load(); c != nil {
		return c
	}
	return disabled
}

// SetDefault makes c the default client; nil makes it the disabled one again.
func SetDefault(c *Client) { defaultClient.Store(c) }

// New returns a client. The zero [Config] reads everything from the
// environment. Without keys and an exporter, or with Enabled false, the client
// is disabled: everything works and nothing is recorded, which one line in the
// log says once. Prompts are fetched all the same if keys and host, or Config.Prompts, say where from. Errors name the field or variable and what it must be.
// With Enabled false, a Host that is no URL is none of them: New tells OnError, and [Client.Prompt] returns it.
//
// New connects to nothing; [Client.AuthCheck] does.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.fromEnvironment(osEnv)
	if err != nil {
		return nil, err
	}
	logger := cfg.Logger
	if logger == nil {
		logger = slog.Default()
	}
	if !cfg.wanted() {
		return cfg.withoutTracing(logger), nil
	}
	sink := cfg.Exporter
	if sink == nil {
		sink, err = cfg.server()
		if err != nil {
			return nil, fmt.Errorf("%w (from Config or LANGSHARK_HOST, LANGSHARK_PUBLIC_KEY, LANGSHARK_SECRET_KEY)", err)
		}
	}
	c := &Client{
		exporter:    sink,
		attributes:  &exporter.Attributes{Environment: cfg.Environment, Release: cfg.Release},
		sampleRate:  1,
		mask:        cfg.Mask,
		captureMode: cfg.Capture,
		mediaMode:   cfg.Media,
		bridge:      cfg.Bridge,
		copyStrings: cfg.CopyStrings,
		onError:     cfg.errorHandler(logger),
		open:        new(openTable),
		maxHeld:     cmp.Or(cfg.QueueBytes, exporter.DefaultQueueBytes),
		logger:      logger,
	}
	if cfg.SampleRate != nil {
		c.sampleRate = *cfg.SampleRate
	}
	c.unfinished, _ = sink.(exporter.UnfinishedAccepter)
	c.omitter, _ = sink.(exporter.TraceOmitter)
	interval := cfg.FlushInterval
	if h, ok := sink.(exporter.IntervalHinter); ok && interval == 0 {
		interval = h.FlushInterval()
	}
	// An observation that runs for longer than this is announced, whatever the flush interval.
	var disk exporter.Spool // a nil interface for none
	if cfg.SpoolDir != "" {
		if disk, err = spool.New(spool.Config{Dir: cfg.SpoolDir, MaxBytes: cfg.SpoolBytes, Key: cfg.SpoolKey}); err != nil {
			return nil, fmt.Errorf("%w (from Config.SpoolDir, SpoolBytes and SpoolKey)", err)
		}
	}
	if err := c.startMedia(&cfg, interval); err != nil {
		return nil, err
	}
	if c.files != nil {
		sink = lastSink{sink, c.files}
	}
	age := max(cmp.Or(interval, exporter.DefaultFlushInterval), exporter.DefaultFlushInterval)
	c.pipeline = exporter.NewPipeline(sink, exporter.PipelineConfig{
		FlushAt:       cfg.FlushAt,
		FlushInterval: interval,
		MaxRetries:    cfg.MaxRetries,
		Timeout:       cfg.Timeout,
		QueueBytes:    cfg.QueueBytes,
		OnError:       c.report,
		Spool:         disk,
		OnTick:        func() bool { return c.open.announce(age, c.unfinished) },
	})
	if err := c.startPrompts(&cfg); err != nil {
		return nil, err
	}
	c.stats = startStats(c, cfg.OnStats)
	anyEnabled.Store(true)
	return c, nil
}

// withoutTracing makes a client that records nothing. Prompts are there if it is known where from.
func (c *Config) withoutTracing(logger *slog.Logger) *Client {
	client := &Client{attributes: new(exporter.Attributes), onError: c.errorHandler(logger), logger: logger, off: c.off()}
	if !client.off {
		sayDisabled(logger, c.Host)
	}
	if err := client.startPrompts(c); err != nil {
		client.noHost = err // a placeholder, perhaps: what is switched off starts all the same
		client.report(fmt.Errorf("no prompts can be fetched: %w", err))
	}
	return client
}

func (c *Config) errorHandler(logger *slog.Logger) func(error) {
	if c.OnError != nil {
		return c.OnError
	}
	return (&errorLog{logger: logger, all: c.Debug}).report
}

// server makes the exporter to the server.
func (c *Config) server() (exporter.Exporter, error) {
	to := ingestion.Config{Host: c.Host, PublicKey: c.PublicKey, SecretKey: c.SecretKey, HTTPClient: c.HTTPClient, SDKVersion: Version}
	var opts []exporter.Option
	if c.Compressor != nil {
		opts = append(opts, exporter.WithCompressor(c.Compressor))
	}
	switch c.Protocol {
	case ProtocolIngestion:
		return ingestion.New(to)
	case ProtocolOTLP:
		return otlp.New(otlp.Config{
			Endpoint: c.Host, PublicKey: c.PublicKey, SecretKey: c.SecretKey, HTTPClient: c.HTTPClient, SDKVersion: Version,
		}, opts...)
	default:
		return auto.New(to, opts...)
	}
}

var saidDisabled sync.Once

func sayDisabled(logger *slog.Logger, host string) {
	saidDisabled.Do(func() {
		if host != "" {
			logger.Warn("langshark: a host is set but no keys, so nothing is recorded (keys and host are read as one group, all LANGSHARK_ or all LANGFUSE_)", "host", host)
			return
		}
		logger.Info("langshark: no keys are set, so nothing is recorded (set LANGSHARK_PUBLIC_KEY, LANGSHARK_SECRET_KEY and LANGSHARK_HOST)")
	})
}

func (c *Client) enabled() bool { return c != nil && c.pipeline != nil }

// Enabled reports whether the client records at all.
func (c *Client) Enabled() bool { return c.enabled() }

// Recording reports whether an observation that started at ctx would be
// recorded: false for a disabled client and below a trace that isn't sampled.
// Integrations ask before they look at a payload. A root's sampling is decided
// when it starts, so Recording is true where there is no trace yet.
func (c *Client) Recording(ctx context.Context) bool {
	if !c.enabled() {
		return false
	}
	p := locate(ctx).below(c)
	return p.span == nil || p.span.trace.sampled
}

// why the client records nothing.
func (c *Client) why() error {
	if c != nil && c.off {
		return switchedOffError{}
	}
	return ErrDisabled
}

// AuthCheck asks the server whether the keys are valid: nil if so, an
// [*APIError] with status 401 or 403 if not, another error if it can't be
// reached, [ErrDisabled] for a disabled client. An exporter that knows no
// credentials is always valid.
func (c *Client) AuthCheck(ctx context.Context) error {
	if !c.enabled() {
		return c.why()
	}
	a, ok := c.exporter.(exporter.AuthChecker)
	if !ok {
		return nil
	}
	if err := guarded("AuthCheck", func() error { return a.AuthCheck(background(ctx)) }); err != nil {
		return fmt.Errorf("langshark: auth check: %w", err)
	}
	return nil
}

// TraceURL returns the address of a trace's page, or "" if the exporter knows
// none. It never blocks.
func (c *Client) TraceURL(traceID string) string {
	if !c.enabled() || traceID == "" {
		return ""
	}
	if l, ok := c.exporter.(exporter.TraceLinker); ok {
		return l.TraceURL(traceID)
	}
	return ""
}

// Flush returns when all that was recorded before has arrived: nil, or a
// [*DeliveryError] that counts what hasn't, or was lost since the last Flush.
// It gives up when ctx ends, or when the server fails for a whole round of
// retries. What is not delivered then stays queued.
func (c *Client) Flush(ctx context.Context) error {
	if !c.enabled() {
		return nil
	}
	ctx = background(ctx)
	onflush.Run(c)
	if err := c.bothDo(ctx, (*exporter.Pipeline).Flush); err != nil {
		return err
	}
	if f, ok := c.exporter.(exporter.Flusher); ok {
		return guarded("Flush", func() error { return f.Flush(ctx) })
	}
	return nil
}

// Shutdown sends what is queued, and what still runs marked as unfinished, and
// ends the client's goroutine. What has not arrived when ctx ends is lost and
// counted in the [*DeliveryError]; Shutdown returns within 100 ms of that. A ctx
// without a deadline gives the server one round of retries, as Flush does.
// Later calls return the first one's result. What is recorded afterwards is
// dropped and counted.
//
// Last, OnStats is told and the counts are logged, on goroutines of their own:
// Shutdown waits for a second at most, and not beyond those 100 ms.
func (c *Client) Shutdown(ctx context.Context) error {
	ctx = background(ctx)
	if !c.enabled() {
		if c != nil {
			c.prompts.stop()
			c.prompts.wait(ctx)
		}
		return nil
	}
	late, stop := afterEnd(ctx)
	defer stop()
	onflush.Run(c)
	c.shutdown.Do(c.open.finish)
	c.prompts.stop()
	err := c.bothDo(ctx, (*exporter.Pipeline).Shutdown)
	c.prompts.wait(ctx)
	c.summary.Do(func() { c.lastWords(ctx, late) })
	return err
}

// guarded turns a panic of an exporter into an error.
func guarded(what string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("langshark: exporter panicked in %s: %v", what, p)
		}
	}()
	return f()
}
