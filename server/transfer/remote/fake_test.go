package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const project = "p"

// fake is a server with lists of rows, as Langfuse serves them: newest first, by pages.
type fake struct {
	lists map[string][]object // by path below /api/public/
	// timeless are the paths that don't know the upper bound of time.
	timeless map[string]bool
	// uncounted leaves the total out.
	uncounted bool
	// before, if not nil, is called before each answer.
	before func(w http.ResponseWriter, r *http.Request) (answered bool)

	mu       sync.Mutex
	requests int
	largest  int // of all limits
}

type object map[string]any

// timeFields are what each list is sorted and bounded by.
var timeFields = map[string]string{"traces": "timestamp", "observations": "startTime", "scores": "timestamp", "v2/scores": "timestamp", "sessions": "createdAt"}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests++
	f.mu.Unlock()
	if user, password, _ := r.BasicAuth(); user != "pk" || password != "sk" {
		http.Error(w, `{"message":"Invalid credentials"}`, http.StatusUnauthorized)
		return
	}
	if f.before != nil && f.before(w, r) {
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/api/public/")
	if path == "health" {
		answer(w, object{"status": "OK", "version": "2.75.0"})
		return
	}
	if id, ok := strings.CutPrefix(path, "traces/"); ok {
		f.trace(w, id)
		return
	}
	if rows, ok := f.lists["cursor/"+path]; ok {
		f.byCursor(w, r, rows)
		return
	}
	rows, ok := f.lists[path]
	if !ok {
		http.Error(w, `{"message":"no such route"}`, http.StatusNotFound)
		return
	}
	q := r.URL.Query()
	field := timeFields[path]
	from, to := q.Get("fromTimestamp")+q.Get("fromStartTime"), q.Get("toTimestamp")+q.Get("toStartTime")
	if f.timeless[path] {
		to = ""
	}
	var found []object
	for _, row := range rows {
		at, _ := row[field].(string)
		if (from == "" || at >= from) && (to == "" || at < to) {
			found = append(found, row)
		}
	}
	slices.SortStableFunc(found, func(a, b object) int { return strings.Compare(fmt.Sprint(b[field]), fmt.Sprint(a[field])) })
	number, _ := strconv.Atoi(q.Get("page"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	f.mu.Lock()
	f.largest = max(f.largest, limit)
	f.mu.Unlock()
	total := len(found)
	first := min((number-1)*limit, total)
	meta := object{"page": number, "limit": limit, "totalItems": total, "totalPages": (total + limit - 1) / limit}
	if f.uncounted {
		meta = object{}
	}
	answer(w, object{"data": append([]object{}, found[first:min(first+limit, total)]...), "meta": meta})
}

// scoreGroups are the fields of scores that are answered only if their group is asked for.
var scoreGroups = map[string]string{"queueId": "annotation", "authorUserId": "annotation", "subject": "subject", "comment": "details", "configId": "details"}

// byCursor answers as Langfuse 4 does: no counts, values of metadata cut and groups left out unless they are asked for.
func (f *fake) byCursor(w http.ResponseWriter, r *http.Request, rows []object) {
	q := r.URL.Query()
	first, _ := strconv.Atoi(q.Get("cursor"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	last := min(first+limit, len(rows))
	var data []object
	for _, row := range rows[first:last] {
		row = maps.Clone(row)
		if m, ok := row["metadata"].(object); ok {
			cut := object{}
			for key, v := range m {
				if s, ok := v.(string); ok && len(s) > 200 && !slices.Contains(strings.Split(q.Get("expandMetadata"), ","), key) {
					v = s[:200]
				}
				cut[key] = v
			}
			row["metadata"] = cut
		}
		for field, group := range scoreGroups {
			if !slices.Contains(strings.Split(q.Get("fields"), ","), group) {
				delete(row, field)
			}
		}
		data = append(data, row)
	}
	meta := object{"limit": limit}
	if last < len(rows) {
		meta["cursor"] = strconv.Itoa(last)
	}
	answer(w, object{"data": data, "meta": meta})
}

func (f *fake) trace(w http.ResponseWriter, id string) {
	for _, row := range f.lists["traces"] {
		if row["id"] != id {
			continue
		}
		whole := maps.Clone(row)
		scores := []object{}
		for _, s := range f.lists["hidden/scores"] {
			if s["traceId"] == id {
				scores = append(scores, s)
			}
		}
		whole["scores"] = scores
		answer(w, whole)
		return
	}
	http.Error(w, `{"message":"Trace not found"}`, http.StatusNotFound)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

// RoundTrip answers without a network, so that time can be a test's own.
func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	f.ServeHTTP(rec, r)
	res := rec.Result()
	switch rec.Code {
	case codeCut: // the connection breaks in the middle
		body := rec.Body.Bytes()
		res.StatusCode, res.Body = http.StatusOK, io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	case codeRefused:
		return nil, errors.New("connection refused")
	}
	return res, nil
}

// Codes by which a handler asks RoundTrip for what a recorder can't do.
const (
	codeCut     = 599
	codeRefused = 598
)

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// options are those of an import from the fake.
func (f *fake) options() Options {
	return Options{URL: "http://source.test/", PublicKey: "pk", SecretKey: "sk", Transport: f}
}

func open(tb testing.TB) *sqlite.Store {
	tb.Helper()
	s, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "x.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.CreateProject(tb.Context(), store.Project{ID: project, Name: project, CreatedAt: time.Now()}); err != nil {
		tb.Fatal(err)
	}
	return s
}

func shut(tb testing.TB, s *sqlite.Store) {
	tb.Helper()
	if err := s.Close(); err != nil {
		tb.Error(err)
	}
}

// many is a fake with n traces, three observations each, and a score.
func many(n int) *fake {
	f := &fake{lists: map[string][]object{"traces": {}, "observations": {}, "scores": {}, "sessions": {}}}
	for i := range n {
		at := time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i*i) * time.Millisecond * 50)
		id := fmt.Sprint("t", i)
		stamp := at.Format("2006-01-02T15:04:05.000Z")
		f.lists["traces"] = append(f.lists["traces"], object{"id": id, "timestamp": stamp, "name": "n", "tags": []string{"x"}, "createdAt": stamp, "updatedAt": stamp, "scores": []string{"s" + id}})
		for k := range 3 {
			f.lists["observations"] = append(f.lists["observations"], object{
				"id": fmt.Sprint(id, "-", k), "traceId": id, "type": "GENERATION", "startTime": stamp, "endTime": stamp, "level": "DEFAULT", "createdAt": stamp, "updatedAt": stamp,
				"usage": object{"unit": "TOKENS", "input": 1, "output": 2, "total": 3}, "calculatedTotalCost": json.Number("0.000001"),
			})
		}
		f.lists["scores"] = append(f.lists["scores"], object{"id": "s" + id, "traceId": id, "name": "n", "dataType": "NUMERIC", "value": 0.5, "timestamp": stamp, "createdAt": stamp, "updatedAt": stamp})
	}
	return f
}

// recorded is a fake with all that was recorded of the reference server.
func recorded(t *testing.T) *fake {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(testkit.Recorded(t, "golden"), "0*.json"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]map[string]object{"traces": {}, "observations": {}, "scores": {}, "sessions": {}}
	var take func(v any)
	take = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				take(e)
			}
		case map[string]any:
			id, _ := v["id"].(string)
			switch {
			case v["startTime"] != nil && v["traceId"] != nil:
				rows["observations"][id] = v
			case v["dataType"] != nil && v["timestamp"] != nil:
				rows["scores"][id] = v
			case v["htmlPath"] != nil:
				take(v["observations"])
				take(v["scores"])
				if _, ids := first(v["observations"]).(string); ids || first(v["observations"]) == nil {
					rows["traces"][id] = v
				}
			case v["data"] != nil:
				take(v["data"])
			case v["createdAt"] != nil && v["projectId"] != nil && len(v) == 3:
				rows["sessions"][id] = v
			}
		}
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var pairs []struct {
			Request  struct{ Method string }
			Response struct {
				Status int
				Body   any
			}
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&pairs); err != nil {
			t.Fatal(err)
		}
		for _, p := range pairs {
			if p.Request.Method == http.MethodGet && p.Response.Status == http.StatusOK {
				take(p.Response.Body)
			}
		}
	}
	f := &fake{lists: map[string][]object{}, timeless: map[string]bool{"scores": true}}
	for path, byID := range rows {
		for _, row := range byID {
			f.lists[path] = append(f.lists[path], row)
		}
	}
	if len(f.lists["traces"]) < 20 || len(f.lists["observations"]) < 30 || len(f.lists["scores"]) < 8 {
		t.Fatalf("recorded: %d traces, %d observations, %d scores", len(f.lists["traces"]), len(f.lists["observations"]), len(f.lists["scores"]))
	}
	return f
}

func first(v any) any {
	list, _ := v.([]any)
	if len(list) == 0 {
		return nil
	}
	return list[0]
}
