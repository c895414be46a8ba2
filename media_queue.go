package langshark

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/spool"
)

// Files have a pipeline of their own, so that one that can't be uploaded, or
// takes its time, holds up no trace.
const (
	mediaGiveUpAfter = 10 // times that one file fails
	mediaTimeouts    = 3  // times Config.Timeout for a file, which is larger than a batch
	mediaFolder      = "media"
)

// startMedia starts it, if the exporter takes files at all.
func (c *Client) startMedia(cfg *Config, interval time.Duration) error {
	u, ok := c.exporter.(exporter.MediaUploader)
	if !ok || cfg.Media == MediaOmit {
		return nil
	}
	p := exporter.PipelineConfig{
		FlushAt: 1, BatchItems: 1, GiveUpAfter: mediaGiveUpAfter, FlushInterval: interval, MaxRetries: cfg.MaxRetries,
		Timeout: mediaTimeouts * timeout(cfg.Timeout), QueueBytes: cfg.QueueBytes,
		OnError: func(err error) { c.report(fmt.Errorf("files: %w", err)) },
	}
	if cfg.SpoolDir != "" {
		disk, err := spool.New(spool.Config{Dir: filepath.Join(cfg.SpoolDir, mediaFolder), MaxBytes: cfg.SpoolBytes, Key: cfg.SpoolKey})
		if err != nil {
			return fmt.Errorf("%w (from Config.SpoolDir, SpoolBytes and SpoolKey)", err)
		}
		p.Spool = disk
	}
	c.uploader = u
	c.files = exporter.NewPipeline(exporter.MediaSink(u), p)
	return nil
}

func timeout(d time.Duration) time.Duration {
	if d <= 0 {
		return exporter.DefaultTimeout
	}
	return d
}

// uploads reports whether the files of a value are sent.
func (c *Client) uploads(scope captureScope) bool {
	if c.files == nil || !scope.files || c.mediaMode == MediaDefault && c.masker(scope.mode) != nil {
		return false
	}
	return c.uploader.AcceptsMedia()
}

// counts are those of both pipelines.
func (c *Client) counts() exporter.Stats {
	s := c.pipeline.Stats()
	if c.files != nil {
		s = s.Plus(c.files.Stats())
	}
	return s
}

// bothDo flushes or shuts down both pipelines at once.
func (c *Client) bothDo(ctx context.Context, f func(*exporter.Pipeline, context.Context) error) error {
	if c.files == nil {
		return f(c.pipeline, ctx)
	}
	done := make(chan error, 1)
	go func() { done <- f(c.files, ctx) }()
	err := f(c.pipeline, ctx)
	return merged(err, c.withoutUnsupported(<-done))
}

// withoutUnsupported forgives that the server has no place for files: they are
// kept out then, and counted.
func (c *Client) withoutUnsupported(err error) error {
	var d *exporter.DeliveryError
	if errors.As(err, &d) && d.Remaining == 0 && d.Spooled == 0 {
		if dropped := c.files.Stats().Dropped; dropped.Total() == dropped.Unsupported {
			return nil
		}
	}
	return err
}

// merged adds what two pipelines could not deliver.
func merged(a, b error) error {
	var x, y *exporter.DeliveryError
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case errors.As(a, &x) && errors.As(b, &y):
		return &exporter.DeliveryError{
			Remaining: x.Remaining + y.Remaining, Spooled: x.Spooled + y.Spooled, Dropped: x.Dropped + y.Dropped, Err: errors.Join(x.Err, y.Err),
		}
	}
	return errors.Join(a, b)
}

// lastSink shuts the exporter down when the files have come to their end too.
type lastSink struct {
	exporter.Exporter
	files *exporter.Pipeline
}

func (s lastSink) Shutdown(ctx context.Context) error {
	_ = s.files.Shutdown(ctx) // its result is told where it was asked for
	return s.Exporter.Shutdown(ctx)
}
