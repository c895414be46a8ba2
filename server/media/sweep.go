package media

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// SweepEvery is how often files are looked for that nobody refers to any more.
const SweepEvery = time.Hour

// walkEvery is how often all contents are looked at: those that no project has are left
// where a process died between keeping one and noting it.
const walkEvery = 24 * time.Hour

// graceTime is how long a file stays without its trace: it may come ahead of it, and
// a trace that waits on the disk of an application while the server is down comes late.
const graceTime = 24 * time.Hour

// housekeeping sweeps until ctx ends.
func (f *Files) housekeeping(ctx context.Context) {
	defer close(f.swept)
	ticker := time.NewTicker(SweepEvery)
	defer ticker.Stop()
	for {
		if err := f.Sweep(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) {
			f.Logger.ErrorContext(ctx, "langshark: media", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Sweep removes what has been without a trace or item for a day: references, files that
// nothing refers to, and once a day contents that no project has. What is said of traces that
// retention has taken goes with them.
func (f *Files) Sweep(ctx context.Context) error {
	now := f.Now() // once: a walk by an older grace would count as that of today
	before := now.Add(-graceTime)
	projects, err := f.Projects(ctx)
	if err != nil {
		return err
	}
	for _, p := range projects {
		gone, err := f.Catalog.SweepMedia(ctx, p.ID, before)
		if err = errors.Join(err, f.drop(ctx, gone), f.Catalog.SweepNotes(ctx, p.ID)); err != nil {
			return err
		}
	}
	f.sweeping.Lock()
	defer f.sweeping.Unlock()
	if now.Sub(f.walked) < walkEvery {
		return nil
	}
	f.walked = now
	return f.files.each(func(sum string, info fs.FileInfo) error {
		if ctx.Err() != nil || !info.ModTime().Before(before) {
			return ctx.Err()
		}
		return f.dropUnused(ctx, sum)
	})
}

// Forget removes the files that deleted traces referred to and nothing else does.
func (f *Files) Forget(ctx context.Context, projectID string, traceIDs ...string) error {
	gone, err := f.Catalog.ForgetMedia(ctx, projectID, traceIDs...)
	return errors.Join(err, f.drop(ctx, gone))
}

func (f *Files) drop(ctx context.Context, gone []catalog.Media) error {
	for i := range gone {
		if err := f.dropUnused(ctx, gone[i].SHA256); err != nil {
			return err
		}
	}
	return nil
}

// dropUnused removes a content unless a project has it.
func (f *Files) dropUnused(ctx context.Context, sum string) error {
	f.placing.Lock()
	defer f.placing.Unlock()
	id, err := idOf(sum)
	if err != nil {
		return err
	}
	projects, err := f.Projects(ctx)
	if err != nil {
		return err
	}
	for _, p := range projects {
		m, err := f.Catalog.Media(ctx, p.ID, id)
		if err == nil && m.StoredAt != nil && m.SHA256 == sum {
			return nil
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return f.files.remove(sum)
}
