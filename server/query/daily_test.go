package query_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// dailyWorld is random traces and observations, and a reader of them.
func dailyWorld(t *testing.T) (*query.Reader, *store.Batch) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "daily.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	reader := query.New(s)
	t.Cleanup(func() {
		reader.Close()
		s.Close()
	})
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p", CreatedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	start := time.Date(2026, 5, 1, 22, 0, 0, 0, time.UTC)
	when := func() time.Time { return start.Add(time.Duration(r.IntN(100)) * time.Hour) }
	b := &store.Batch{ProjectID: "p"}
	for i := range 60 {
		at := when()
		tr := store.TraceWrite{Stamp: store.NewStamp(at, false, fmt.Sprint("t", i)), ID: fmt.Sprint("t", i), Timestamp: at, Name: fmt.Sprint("n", r.IntN(2)), Tags: []string{fmt.Sprint("g", r.IntN(3)), "all"}}
		if r.IntN(4) > 0 {
			tr.UserID = fmt.Sprint("u", r.IntN(3))
		}
		b.Traces = append(b.Traces, tr)
		for n := range r.IntN(6) {
			at := when()
			cost := exporter.NanoUSD(r.IntN(1e9))
			o := store.ObservationWrite{Stamp: store.NewStamp(at, false, fmt.Sprint("o", i, ".", n)), ID: fmt.Sprint("o", i, ".", n), TraceID: tr.ID, Kind: exporter.KindGeneration, Start: at, Cost: &store.Cost{Total: &cost}}
			if r.IntN(3) > 0 {
				o.Model = fmt.Sprint("m", r.IntN(3))
				o.Usage = &store.Usage{Input: int64(r.IntN(100)), Output: int64(r.IntN(100)), Total: int64(r.IntN(200))}
			}
			b.Observations = append(b.Observations, o)
		}
	}
	if err := s.Write(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return reader, b
}

// plainDaily is the plainest computation of the same.
func plainDaily(b *store.Batch, f query.DailyFilter) (days []query.Day, total int64) {
	day := func(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }
	byDate := map[time.Time]*query.Day{}
	get := func(at time.Time) *query.Day {
		if byDate[day(at)] == nil {
			byDate[day(at)] = &query.Day{Date: day(at)}
		}
		return byDate[day(at)]
	}
	type key struct {
		date         time.Time
		model, trace string
	}
	seen := map[key]bool{}
	for _, tr := range b.Traces {
		missing := slices.ContainsFunc(f.Tags, func(tag string) bool { return !slices.Contains(tr.Tags, tag) })
		if missing || f.TraceName != "" && tr.Name != f.TraceName || f.UserID != "" && tr.UserID != f.UserID ||
			!f.From.IsZero() && tr.Timestamp.Before(f.From) || !f.To.IsZero() && !tr.Timestamp.Before(f.To) {
			continue
		}
		d := get(tr.Timestamp)
		d.Traces++
		for _, o := range b.Observations {
			if o.TraceID != tr.ID {
				continue
			}
			d.Observations++
			d.Cost += *o.Cost.Total
			models := &get(o.Start).Models
			i := slices.IndexFunc(*models, func(m query.ModelUsage) bool { return m.Model == o.Model })
			if i < 0 {
				*models = append(*models, query.ModelUsage{Model: o.Model})
				i = len(*models) - 1
			}
			m := &(*models)[i]
			m.Observations++
			m.Cost += *o.Cost.Total
			if o.Usage != nil {
				m.Input, m.Output, m.Total = m.Input+o.Usage.Input, m.Output+o.Usage.Output, m.Total+o.Usage.Total
			}
			if k := (key{day(o.Start), o.Model, tr.ID}); !seen[k] {
				seen[k] = true
				m.TracesCount++
			}
		}
	}
	for _, d := range byDate {
		slices.SortFunc(d.Models, func(a, b query.ModelUsage) int {
			return strings.Compare(cmp.Or(a.Model, "~"), cmp.Or(b.Model, "~")) // those without one are last
		})
		days = append(days, *d)
		if d.Traces > 0 {
			total++
		}
	}
	slices.SortFunc(days, func(a, b query.Day) int { return b.Date.Compare(a.Date) })
	return days, total
}

// TestDaily compares all days, filtered and not, and pages of them with the plainest computation.
func TestDaily(t *testing.T) {
	reader, b := dailyWorld(t)
	noon := time.Date(2026, 5, 3, 12, 0, 0, 0, time.UTC)
	for _, f := range []query.DailyFilter{
		{},
		{TraceName: "n1"},
		{UserID: "u2"},
		{Tags: []string{"all", "g1"}},
		{Tags: []string{"g1", "g2"}},
		{From: noon},
		{To: noon},
		{From: noon, To: noon.Add(30 * time.Hour), UserID: "u0", TraceName: "n0"},
	} {
		want, wantTotal := plainDaily(b, f)
		got, total, err := reader.Daily(t.Context(), "p", f, store.Page{Limit: 100})
		if err != nil || total != wantTotal || len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%+v:\n got %+v of %d, %v\nwant %+v of %d", f, got, total, err, want, wantTotal)
			continue
		}
		for i := range want {
			page, _, err := reader.Daily(t.Context(), "p", f, store.Page{Limit: 1, Offset: i})
			if err != nil || !reflect.DeepEqual(page, want[i:i+1]) {
				t.Errorf("%+v, day %d: %+v, %v; want %+v", f, i, page, err, want[i])
			}
		}
		if after, _, err := reader.Daily(t.Context(), "p", f, store.Page{Limit: 1, Offset: 99}); err != nil || len(after) > 0 {
			t.Errorf("%+v, after the last: %+v, %v", f, after, err)
		}
	}
}

// TestUsers compares the users, and pages of them, with the plainest computation.
func TestUsers(t *testing.T) {
	reader, b := dailyWorld(t)
	users, total, err := reader.Users(t.Context(), "p", store.Page{Limit: 10})
	if err != nil || total != 4 || len(users) != 4 || users[3].ID != "" || len(users[3].Days) != 0 {
		t.Fatalf("%+v of %d, %v", users, total, err)
	}
	for i, u := range users[:3] {
		days, _ := plainDaily(b, query.DailyFilter{UserID: u.ID})
		var want []query.UserDay
		for _, d := range days {
			models := slices.DeleteFunc(slices.Clone(d.Models), func(m query.ModelUsage) bool { return m.Model == "" })
			for n := range models {
				models[n].Cost, models[n].TracesCount = 0, 0 // not asked for
			}
			if len(models) > 0 {
				want = append(want, query.UserDay{Date: d.Date, Models: models})
			}
		}
		if u.ID != fmt.Sprint("u", i) || !reflect.DeepEqual(u.Days, want) {
			t.Errorf("user %d: %+v\nwant %+v", i, u, want)
		}
		if page, _, err := reader.Users(t.Context(), "p", store.Page{Limit: 1, Offset: i}); err != nil || !reflect.DeepEqual(page, users[i:i+1]) {
			t.Errorf("page %d: %+v, %v", i, page, err)
		}
	}
}
