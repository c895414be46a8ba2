package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
)

// read is what a read takes.
type read struct {
	Name     string
	P50, P99 time.Duration
	Max      time.Duration
	Found    int // rows of the last run
}

// readResult is what the child of the reads found.
type readResult struct {
	Reads               []read
	Open                time.Duration
	RSS, RSSAfter, Peak int64
}

func readsSection(ctx context.Context, s *settings) error {
	heading("Reads", fmt.Sprintf("A project of %d days, %d users, %d models, %d prompts, %d tenants in the metadata, half of the traces Korean and half English; traces of %d observations, half of which have payloads. "+
		"Milliseconds of %d runs each after one that doesn't count, through the store in its process or over HTTP; ids, users, tags and tenants differ from run to run. Common words stand in every %dth text, rare ones in every %dth.",
		int(span/day), users, len(models), prompts, tenants, traceSize, s.runs, everyCommon, everyRare))
	var files [][]string
	columns, tables := []string{""}, map[string][]string{}
	var order []string
	var memory [][]string
	for i, n := range s.observations {
		dir, l, err := s.project(ctx, n, s.payload[i])
		if err != nil {
			return err
		}
		files = append(files, []string{
			size(n), fmt.Sprint(l.Payload, " + ", l.Payload/2), megabytes(l.RawBytes), megabytes(l.FileBytes), fmt.Sprintf("%.0f", float64(l.FileBytes)/float64(l.Observations)),
			fmt.Sprintf("%.2f", float64(l.FileBytes)/float64(max(l.RawBytes, 1))), seconds(l.Elapsed), thousands(float64(l.Observations) / l.Elapsed.Seconds()), seconds(l.Indexed),
			seconds(l.CPU), megabytes(l.RSS), megabytes(l.Peak),
		})
		say("reads of %s", size(n))
		r, err := do[readResult](ctx, task{Kind: "reads", Dir: dir, Runs: s.runs})
		if err != nil {
			return err
		}
		web, server, err := s.webReads(ctx, dir, l)
		if err != nil {
			return err
		}
		columns = append(columns, size(n)+": p50", "p99", "max", "rows")
		for _, v := range append(r.Reads, web...) {
			if tables[v.Name] == nil {
				order = append(order, v.Name)
			}
			tables[v.Name] = append(tables[v.Name], millis(v.P50), millis(v.P99), millis(v.Max), strconv.Itoa(v.Found))
		}
		memory = append(memory,
			[]string{size(n), "store in a process of its own", millis(r.Open), megabytes(r.RSS), megabytes(r.RSSAfter), megabytes(r.Peak)},
			[]string{size(n), "langshark serve, list and tree", "–", megabytes(server.RSS), megabytes(server.RSSAfter), megabytes(server.Peak)},
		)
		if last := i == len(s.observations)-1; !s.keep && !last { // the last one is for the maintenance
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	table("Files, loaded through the store without waiting for the disk",
		[]string{"observations", "payload B", "payloads MB", "files MB", "B/observation", "files / payloads", "loaded in", "obs/s", "index behind by", "CPU with making the data", "RSS MB", "peak MB"}, files)
	var rows [][]string
	for _, name := range order {
		rows = append(rows, append([]string{name}, tables[name]...))
	}
	table("Milliseconds of a read", columns, rows)
	table("Memory", []string{"observations", "process", "open ms", "RSS MB before", "after the reads", "peak"}, memory)
	return nil
}

// webReads reads lists and trees from langshark serve.
func (s *settings) webReads(ctx context.Context, dir string, l *loaded) (list []read, memory readResult, err error) {
	p, err := s.serve(ctx, dir)
	if err != nil {
		return nil, memory, err
	}
	defer func() {
		if e := p.stop(); err == nil {
			err = e
		}
	}()
	c := newClient(p.url, 1)
	defer c.close()
	p.quiet(ctx)
	memory.RSS, _ = memoryOf(p.pid())
	for _, v := range []struct {
		name string
		path func(i int) string
	}{
		{"HTTP: 50 newest traces", func(int) string { return "/api/public/traces?limit=50" }},
		{"HTTP: tree with payloads", func(i int) string { return "/api/public/traces/" + l.Traces[i*31%len(l.Traces)] }},
	} {
		r, err := timed(v.name, s.runs, func(i int) (int, error) { return 1, c.get(ctx, v.path(i)) })
		if err != nil {
			return nil, memory, err
		}
		list = append(list, r)
	}
	memory.RSSAfter, memory.Peak = memoryOf(p.pid())
	return list, memory, nil
}

func timed(name string, runs int, f func(i int) (int, error)) (r read, err error) {
	r.Name = name
	if _, err = f(0); err != nil { // statements, connections
		return r, fmt.Errorf("%s: %w", name, err)
	}
	took := make([]time.Duration, runs)
	for i := range took {
		start := time.Now()
		if r.Found, err = f(i); err != nil {
			return r, fmt.Errorf("%s: %w", name, err)
		}
		took[i] = time.Since(start)
	}
	r.P50, r.P99, r.Max = quantile(took, 0.5), quantile(took, 0.99), quantile(took, 1)
	return r, nil
}

// reads is a child that reads through the store.
func reads(ctx context.Context, t task) (any, error) {
	l, err := readLoaded(t.Dir)
	if err != nil {
		return nil, err
	}
	var result readResult
	start := time.Now()
	s, err := openStore(ctx, t.Dir, false)
	if err != nil {
		return nil, err
	}
	result.Open = time.Since(start)
	result.RSS, _ = memoryOf(os.Getpid())
	reader := query.New(s)
	for _, v := range readsOf(s, reader, l) {
		one, err := timed(v.name, t.Runs, func(i int) (int, error) { return v.run(ctx, i) })
		if err != nil {
			return nil, err
		}
		result.Reads = append(result.Reads, one)
	}
	reader.Close()
	result.RSSAfter, result.Peak = memoryOf(os.Getpid())
	return result, s.Close()
}

type namedRead struct {
	name string
	run  func(ctx context.Context, i int) (int, error)
}

func readsOf(s store.Store, reader *query.Reader, l *loaded) []namedRead {
	r := rand.New(rand.NewPCG(11, 13)) //nolint:gosec // which users and tags
	traces := func(q func() store.TraceQuery) func(context.Context, int) (int, error) {
		return func(ctx context.Context, _ int) (int, error) {
			page, err := s.Traces(ctx, projectID, q())
			return len(page.Traces), err
		}
	}
	filter := func(f func() store.TraceFilter) func(context.Context, int) (int, error) {
		return traces(func() store.TraceQuery { return store.TraceQuery{TraceFilter: f()} })
	}
	metrics := func(q store.MetricsQuery) func(context.Context, int) (int, error) {
		return func(ctx context.Context, _ int) (int, error) {
			rows, err := s.Metrics(ctx, projectID, q)
			return len(rows), err
		}
	}
	search := func(text string) func(context.Context, int) (int, error) {
		return func(ctx context.Context, _ int) (int, error) {
			page, err := s.Search(ctx, projectID, store.SearchQuery{Text: text})
			return len(page.Hits), err
		}
	}
	lastDay, month := l.end().Add(-day), l.Start
	return []namedRead{
		{"50 newest traces", filter(func() store.TraceFilter { return store.TraceFilter{} })},
		{"traces by tag", filter(func() store.TraceFilter { return store.TraceFilter{Tags: []string{fmt.Sprint("team-", r.IntN(teams))}} })},
		{"traces by metadata", filter(func() store.TraceFilter {
			return store.TraceFilter{Metadata: map[string]string{"tenant": fmt.Sprint("t", r.IntN(tenants))}}
		})},
		{"traces by name", filter(func() store.TraceFilter { return store.TraceFilter{Name: names[r.IntN(len(names))]} })},
		{"traces by user", filter(func() store.TraceFilter {
			return store.TraceFilter{UserID: userOf(r.IntN(max(l.Observations/traceSize/perVisit, 1)))}
		})},
		{"traces with errors", filter(func() store.TraceFilter { return store.TraceFilter{Levels: []exporter.Level{exporter.LevelError}} })},
		{"a page far back, by cursor", farBack(s, l, r)},
		{"tree with payloads", func(ctx context.Context, i int) (int, error) {
			detail, err := reader.Trace(ctx, projectID, l.Traces[i*31%len(l.Traces)])
			if err != nil {
				return 0, err
			}
			return len(detail.Observations), nil
		}},
		{"observation by id", func(ctx context.Context, i int) (int, error) {
			_, err := s.Observation(ctx, projectID, l.Ids[i*31%len(l.Ids)])
			return 1, err
		}},
		{"dashboard: 24 h, by hour and model", metrics(store.MetricsQuery{By: store.ByModel, Step: time.Hour, From: lastDay})},
		{"dashboard: 24 h, traces by hour", metrics(store.MetricsQuery{By: store.ByTrace, Step: time.Hour, From: lastDay})},
		{"dashboard: 30 d, by day and model", metrics(store.MetricsQuery{By: store.ByModel, Step: day, From: month})},
		{"dashboard: 30 d, traces by day", metrics(store.MetricsQuery{By: store.ByTrace, Step: day, From: month})},
		{"dashboard: 30 d, by user", metrics(store.MetricsQuery{By: store.ByUser, From: month})},
		{"dashboard: 30 d, by day and prompt", metrics(store.MetricsQuery{By: store.ByPrompt, Step: day, From: month})},
		{"search, Korean, common", search(commonKorean)},
		{"search, Korean, rare", search(rareKorean)},
		{"search, Korean, not there", search("없는낱말이다")},
		{"search, English, common", search(commonEnglish)},
		{"search, English, rare", search(rareEnglish)},
		{"search, English, not there", search("nowherefound")},
		{"search, both common", search(commonEnglish + " order")},
		{"50 newest sessions", func(ctx context.Context, _ int) (int, error) {
			page, err := s.Sessions(ctx, projectID, store.SessionQuery{})
			return len(page.Sessions), err
		}},
	}
}

// farBack reads pages after cursors in the older half.
func farBack(s store.Store, l *loaded, r *rand.Rand) func(context.Context, int) (int, error) {
	var cursors []store.Cursor
	return func(ctx context.Context, i int) (int, error) {
		if cursors == nil {
			for range 50 {
				to := l.Start.Add(time.Hour + time.Duration(r.Int64N(int64(span/2))))
				page, err := s.Traces(ctx, projectID, store.TraceQuery{TraceFilter: store.TraceFilter{To: to}})
				if err != nil {
					return 0, err
				}
				if page.Next != "" {
					cursors = append(cursors, page.Next)
				}
			}
		}
		page, err := s.Traces(ctx, projectID, store.TraceQuery{Page: store.Page{After: cursors[i%len(cursors)]}})
		return len(page.Traces), err
	}
}
