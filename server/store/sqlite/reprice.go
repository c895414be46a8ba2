package sqlite

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// repriceStep is how many observations are priced in one transaction, and
// repriceRest how long the writer has to itself after it.
const (
	repriceStep = 100
	repriceRest = 10 * time.Millisecond
)

var _ store.Repricer = (*Store)(nil)

// Reprice implements [store.Repricer]. It goes by time, and is no more than another
// writer: what is written meanwhile has the new prices already.
func (s *Store) Reprice(ctx context.Context, projectID string, from, until time.Time, progress func(seen, changed int64)) error {
	project, err := s.project(ctx, projectID)
	if err != nil {
		return err
	}
	if s.opts.Pricer == nil {
		return fmt.Errorf("langshark: reprice: the store was opened without prices: %w", store.ErrReadOnly)
	}
	q := store.ObservationQuery{ObservationFilter: store.ObservationFilter{From: from, To: until}, Ascending: true, Page: store.Page{Limit: repriceStep}}
	var seen, changed int64
	for {
		page, err := s.Observations(ctx, projectID, q)
		if err != nil {
			return err
		}
		var ids []string
		for i := range page.Observations {
			if page.Observations[i].Model != "" {
				ids = append(ids, page.Observations[i].ID)
			}
		}
		n, err := s.reprice(ctx, projectID, project, ids)
		if err != nil {
			return err
		}
		seen += int64(len(ids))
		changed += n
		if progress != nil {
			progress(seen, changed)
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
		if n > 0 {
			pause(ctx, repriceRest)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("langshark: reprice: %w", context.Cause(ctx))
		}
	}
}

// reprice prices some observations in one transaction and returns how many have other figures now.
func (s *Store) reprice(ctx context.Context, projectID string, project int64, ids []string) (changed int64, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	s.opts.Pricer.Prepare(ctx, projectID)
	err = s.do(ctx, func(t *tx) error {
		changed = 0
		t.names[project] = projectID
		for _, id := range ids {
			st, err := t.observation(project, id)
			if err != nil {
				return err
			}
			if !st.live { // deleted meanwhile
				continue
			}
			before := st.pricing
			if t.price(st); reflect.DeepEqual(before, st.pricing) {
				continue
			}
			st.dirty = true
			changed++
		}
		return nil
	})
	return changed, err
}
