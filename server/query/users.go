package query

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// User is a user of the application, with the tokens of each day.
type User struct {
	ID   string // empty for the traces without a user
	Days []UserDay
}

// UserDay is what those observations of a user's traces add up to that have a model and began on a day, in UTC.
type UserDay struct {
	Date   time.Time
	Models []ModelUsage // by name
}

// Users lists the users of a project by id; last, if there are traces without a user, one without an id.
func (r *Reader) Users(ctx context.Context, projectID string, page store.Page) (users []User, total int64, err error) {
	ids, err := r.userIDs(ctx, projectID)
	if err != nil {
		return nil, 0, err
	}
	total = int64(len(ids))
	ids = ids[min(page.Offset, len(ids)):]
	ids = ids[:min(max(page.Limit, 0), len(ids))]
	sums := map[string]*daily{}
	for _, id := range ids {
		if id != "" {
			sums[id] = &daily{days: map[int64]*daySum{}}
		}
	}
	if len(sums) > 0 {
		if err := r.addUsers(ctx, projectID, sums); err != nil {
			return nil, 0, err
		}
	}
	for _, id := range ids {
		user := User{ID: id}
		if d := sums[id]; d != nil {
			for _, day := range d.page(store.Page{Limit: len(d.days)}) {
				user.Days = append(user.Days, UserDay{day.Date, day.Models})
			}
		}
		users = append(users, user)
	}
	return users, total, nil
}

// userIDs are all users, sorted; the empty one is last.
func (r *Reader) userIDs(ctx context.Context, projectID string) ([]string, error) {
	traces, err := r.store.Metrics(ctx, projectID, store.MetricsQuery{By: store.ByTrace})
	if err != nil {
		return nil, err
	}
	rows, err := r.store.Metrics(ctx, projectID, store.MetricsQuery{By: store.ByUser})
	if err != nil {
		return nil, err
	}
	var without int64
	for _, row := range traces {
		without += row.Traces
	}
	ids := map[string]bool{}
	for _, row := range rows {
		ids[row.UserID] = true
		without -= row.Traces
	}
	sorted := slices.SortedFunc(maps.Keys(ids), cmp.Compare)
	if without > 0 {
		sorted = append(sorted, "")
	}
	return sorted, nil
}

// addUsers adds up what these users have of observations with a model.
func (r *Reader) addUsers(ctx context.Context, projectID string, users map[string]*daily) error {
	q := store.FactQuery{View: store.ViewObservations, Fields: fieldsOf("userId", "startTime", "providedModelName", "inputTokens", "outputTokens", "totalTokens")}
	return r.store.Facts(ctx, projectID, q, func(v []any) error {
		d := users[text(v[0])]
		name := text(v[2])
		if d == nil || name == "" {
			return nil
		}
		sum := d.day(number(v[1]))
		m := sum.model(name)
		m.Observations++
		m.Input += bounded(number(v[3]), store.MaxTokens)
		m.Output += bounded(number(v[4]), store.MaxTokens)
		m.Total += bounded(number(v[5]), store.MaxTokens)
		return nil
	})
}
