package langshark_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/memory"
)

// uploader keeps records, and does with files what it is told to.
type uploader struct {
	*memory.Exporter
	upload func(ctx context.Context, m *exporter.Media) error
	none   bool

	mu   sync.Mutex
	shut bool
	late int // uploads after Shutdown
}

func (u *uploader) AcceptsMedia() bool { return !u.none }

func (u *uploader) UploadMedia(ctx context.Context, m *exporter.Media) error {
	u.mu.Lock()
	if u.shut {
		u.late++
	}
	u.mu.Unlock()
	if err := u.upload(ctx, m); err != nil {
		return err
	}
	return u.Exporter.UploadMedia(ctx, m)
}

func (u *uploader) Shutdown(context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.shut = true
	return nil
}

func forFile(f exporter.Failure) error { return &exporter.PartialError{Failed: []exporter.Failure{f}} }

// TestFilesHoldUpNothing although no file ever arrives, for any reason.
func TestFilesHoldUpNothing(t *testing.T) {
	for name, upload := range map[string]func(context.Context, *exporter.Media) error{
		"the storage is out of reach": func(context.Context, *exporter.Media) error {
			return forFile(exporter.Failure{Reason: "dial: refused", Retry: true})
		},
		"the keys are refused": func(context.Context, *exporter.Media) error {
			return &exporter.APIError{StatusCode: http.StatusForbidden}
		},
		"the server fails": func(context.Context, *exporter.Media) error {
			return &exporter.APIError{StatusCode: http.StatusBadGateway}
		},
		"it takes too long": func(ctx context.Context, _ *exporter.Media) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		for _, spooled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/spool=%t", name, spooled), func(t *testing.T) {
				dir := ""
				if spooled {
					dir = t.TempDir()
				}
				synctest.Test(t, func(t *testing.T) {
					u := &uploader{Exporter: memory.New(), upload: upload}
					r := record(t, langshark.Config{Exporter: u, SpoolDir: dir, OnError: func(error) {}})
					for i := range 100 {
						_, s := r.StartSpan(t.Context(), "s")
						if i%10 == 0 {
							s.SetInput(langshark.Media{Data: png})
						}
						s.End()
						advance(250 * time.Millisecond)
					}
					advance(2 * time.Second)
					if n := len(u.Observations()); n != 100 {
						t.Errorf("%d of 100 observations arrived", n)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					err := r.Shutdown(ctx)
					var delivery *langshark.DeliveryError
					if !errors.As(err, &delivery) || delivery.Remaining+delivery.Spooled == 0 {
						t.Errorf("Shutdown: %v", err)
					}
					if s := r.Stats(); s.Accepted != 210 || s.Delivered != 200 {
						t.Errorf("%+v", s)
					}
				})
			})
		}
	}
}

// TestFilesAreGivenUp when they have failed often, and others come after them.
func TestFilesAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := true
		u := &uploader{Exporter: memory.New(), upload: func(_ context.Context, m *exporter.Media) error {
			if bad = m.ContentType == "image/png"; bad {
				return forFile(exporter.Failure{Reason: "no", Retry: true})
			}
			return nil
		}}
		r := record(t, langshark.Config{Exporter: u, OnError: func(error) {}})
		_, s := r.StartSpan(t.Context(), "s")
		s.SetInput([]langshark.Media{{Data: png}, {Data: wav}})
		s.End()
		advance(10 * time.Minute)
		if n := r.Stats(); n.Dropped.Rejected != 1 || len(u.Media()) != 1 {
			t.Errorf("%d arrived: %+v", len(u.Media()), n)
		}
	})
}

// TestFilesComeBeforeTheEnd of the exporter, and from the disk of an ended process.
func TestFilesComeBeforeTheEnd(t *testing.T) {
	dir := t.TempDir()
	first := &uploader{Exporter: memory.New(), upload: func(context.Context, *exporter.Media) error { return errors.New("down") }}
	send := func(u *uploader, value any, within time.Duration) error {
		c, err := langshark.New(langshark.Config{Exporter: u, SpoolDir: dir, Logger: slog.New(slog.DiscardHandler), OnError: func(error) {}})
		if err != nil {
			t.Fatal(err)
		}
		_, s := c.StartSpan(t.Context(), "s")
		s.SetInput(value)
		s.End()
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		return c.Shutdown(ctx)
	}
	var delivery *langshark.DeliveryError
	if err := send(first, langshark.Media{Data: png}, 500*time.Millisecond); !errors.As(err, &delivery) || delivery.Spooled != 1 || first.late > 0 {
		t.Fatalf("%v, %d too late", err, first.late)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "media", "*", "*.seg")); err != nil || len(files) == 0 {
		t.Fatalf("%q, %v", files, err)
	}
	second := &uploader{Exporter: memory.New(), upload: func(context.Context, *exporter.Media) error { return nil }}
	if err := send(second, langshark.Media{Data: wav}, time.Minute); err != nil {
		t.Fatal(err)
	}
	if n := len(second.Media()); n != 2 {
		t.Errorf("%d files arrived", n)
	}
}

// TestNoPlaceForFiles is no failure of Flush: they are kept out.
func TestNoPlaceForFiles(t *testing.T) {
	u := &uploader{Exporter: memory.New()}
	u.upload = func(context.Context, *exporter.Media) error {
		u.none = true
		return forFile(exporter.Failure{Reason: "no API", Unsupported: true})
	}
	r := record(t, langshark.Config{Exporter: u})
	for range 2 {
		_, s := r.StartSpan(t.Context(), "s")
		s.SetInput(langshark.Media{Data: png})
		s.End()
		if err := r.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if s := r.Stats(); s.MediaOmitted != 2 || s.Dropped.Unsupported != 1 {
		t.Errorf("%+v", s)
	}
}

// TestFlushAfterARestart waits for what the ended process had left.
func TestFlushAfterARestart(t *testing.T) {
	dir := t.TempDir()
	down := &sink{export: func(context.Context, []exporter.Record) error { return errors.New("down") }}
	for range 10 {
		r := record(t, langshark.Config{Exporter: down, SpoolDir: dir, OnError: func(error) {}})
		_, s := r.StartSpan(t.Context(), "s")
		s.End()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_ = r.Shutdown(ctx)
		cancel()
	}
	r := record(t, langshark.Config{SpoolDir: dir})
	if err := r.Flush(t.Context()); err != nil || len(r.mem.Observations()) != 10 {
		t.Errorf("%v, %d arrived: %+v", err, len(r.mem.Observations()), r.Stats())
	}
}

// TestRunningWorkIsWrittenDuringAnOutage within two intervals, however long the pause is.
func TestRunningWorkIsWrittenDuringAnOutage(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		down := &sink{export: func(context.Context, []exporter.Record) error { return errors.New("down") }}
		r := record(t, langshark.Config{Exporter: down, SpoolDir: dir, OnError: func(error) {}})
		_, s := r.StartSpan(t.Context(), "done")
		s.End()
		advance(time.Minute)
		before := r.Stats().Spooled
		_, long := r.StartGeneration(t.Context(), "long")
		long.SetInput("q")
		advance(3 * time.Second)
		if s := r.Stats(); s.Spooled <= before {
			t.Errorf("%d on disk, %d before it began", s.Spooled, before)
		}
		long.End()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = r.Shutdown(ctx)
	})
}
