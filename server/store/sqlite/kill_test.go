package sqlite_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

const (
	killedFile    = "LANGSHARK_TEST_CRASH_FILE"
	killedMembers = 8 // observations of a trace
)

// TestMain is also the program that TestKill kills.
func TestMain(m *testing.M) {
	if path := os.Getenv(killedFile); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	testkit.Main(m)
}

// fate is what comes of a trace once it has been written: a second write, by
// the number in its id.
type fate int

const (
	staysSo     fate = iota
	isUpdated        // its first observation fails, and gets another text
	losesOne         // its last observation is deleted
	isDeleted        // all of it
	twoAreMoved      // two observations go to the trace that an earlier event names
	fates
)

func fateOf(id string) fate {
	n, err := strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
	if err != nil {
		panic(err)
	}
	return fate(n % int(fates))
}

var killedStart = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

// firstWrite makes a trace of eight observations.
func firstWrite(id string) *store.Batch {
	b := &store.Batch{ProjectID: "p", Traces: []store.TraceWrite{{
		Stamp: store.NewStamp(killedStart, false, id), ID: id, Timestamp: killedStart, UserID: "u" + id, SessionID: "s", Tags: []string{"kept"},
	}}}
	for k := range killedMembers {
		o := fmt.Sprintf("%s-o%d", id, k)
		b.Observations = append(b.Observations, store.ObservationWrite{
			Stamp: store.NewStamp(killedStart, false, o), ID: o, TraceID: id, Kind: exporter.KindGeneration, Model: "m", Start: killedStart, End: killedStart.Add(time.Second),
			Input: json.RawMessage(`"` + strings.Repeat("input of "+o+" ", 40) + `"`), Usage: &store.Usage{Input: 1, Output: 2, Total: 3},
		})
	}
	return b
}

// secondWrite is the trace's fate.
func secondWrite(id string) *store.Batch {
	later := func(event string) store.Stamp { return store.NewStamp(killedStart.Add(time.Minute), true, event) }
	b := &store.Batch{ProjectID: "p"}
	switch fateOf(id) {
	case isUpdated:
		level := exporter.LevelError
		b.Observations = []store.ObservationWrite{{
			Stamp: later("u" + id), ID: id + "-o0", TraceID: id, Kind: exporter.KindGeneration, Level: &level, End: killedStart.Add(time.Hour), Input: json.RawMessage(`"changed"`),
		}}
	case losesOne:
		b.Deletes = []store.Delete{{Stamp: later("l" + id), Thing: store.ThingObservation, ID: id + "-o7"}}
	case isDeleted:
		b.Deletes = []store.Delete{{Stamp: later("d" + id), Thing: store.ThingTrace, ID: id}}
	case twoAreMoved:
		for k := range 2 {
			o := fmt.Sprintf("%s-o%d", id, k)
			b.Observations = append(b.Observations, store.ObservationWrite{
				Stamp: store.NewStamp(killedStart.Add(-time.Second), false, "m"+o), ID: o, TraceID: "moved-" + id, Kind: exporter.KindGeneration, Start: killedStart,
			})
		}
	case staysSo, fates:
	}
	return b
}

// writeUntilKilled writes traces from four goroutines, and prints the id of
// each with the number of its writes that have been acknowledged.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, sqlite.SmallGenerations(sqlite.Options{}))
	if err != nil {
		return err
	}
	if err := s.CreateProject(ctx, store.Project{ID: "p", Name: "p"}); err != nil && !errors.Is(err, store.ErrExists) {
		return err
	}
	failed := make(chan error)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("t-%d-%d-%d", os.Getpid(), w, i)
				for n, b := range []*store.Batch{firstWrite(id), secondWrite(id)} {
					if err := s.Write(ctx, b); err != nil {
						failed <- err
						return
					}
					fmt.Println(id, n+1)
				}
			}
		}()
	}
	return <-failed
}

// kills is how often a process is killed: 3 times unless LANGSHARK_TEST_KILLS says otherwise.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("LANGSHARK_TEST_KILLS")); err == nil {
		return n
	}
	return 3
}

// TestKill kills a writer in the middle, again and again over the same file:
// what was acknowledged is there, once and whole, and nothing is there in part.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.db")
	acknowledged := map[string]int{} // how many of its writes, by trace
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for n := range kills() {
		killed(t, path, r.IntN(300), acknowledged)
		survived(t, path, acknowledged)
		if t.Failed() {
			t.Fatalf("after kill %d", n+1)
		}
	}
	if len(acknowledged) < kills() {
		t.Fatalf("only %d traces were acknowledged", len(acknowledged))
	}
	t.Logf("%d traces acknowledged over %d kills", len(acknowledged), kills())
}

// killed starts a writer and kills it after so many acknowledgements.
func killed(t *testing.T, path string, after int, acknowledged map[string]int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), killedFile+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	note := func() {
		id, n, _ := strings.Cut(lines.Text(), " ")
		if acknowledged[id], err = strconv.Atoi(n); err != nil {
			t.Fatalf("the writer says %q", lines.Text())
		}
	}
	for n := 0; n <= after && lines.Scan(); n++ {
		note()
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what was still in the pipe had been acknowledged too
		note()
	}
	_ = child.Wait() // killed
}

// survived opens the file and compares what is there with what was acknowledged.
func survived(t *testing.T, path string, acknowledged map[string]int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.SmallGenerations(sqlite.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	traces, members := allOf(t, s)
	for id := range acknowledged {
		looks(t, id, acknowledged[id], traces, members)
	}
	rows := int64(0)
	for id, trace := range traces {
		rows += int64(trace.Rollup.Observations)
		if trace.Rollup.Observations != len(members[id]) {
			t.Errorf("trace %s counts %d observations and has %d", id, trace.Rollup.Observations, len(members[id]))
		}
		if own, moved := strings.CutPrefix(id, "moved-"); moved {
			id = own
		}
		if _, ok := acknowledged[id]; !ok { // committed, but killed before it could say so
			looks(t, id, 0, traces, members)
		}
	}
	sums, err := s.Metrics(t.Context(), "p", store.MetricsQuery{})
	if err != nil || len(sums) != 1 || sums[0].Observations != rows || sums[0].TotalTokens != 3*rows {
		t.Errorf("Metrics = %+v, %v; want %d observations", sums, err, rows)
	}
}

// allOf reads all traces, and their observations by trace. None may be there twice.
func allOf(t *testing.T, s store.Store) (traces map[string]store.Trace, members map[string]map[string]store.Observation) {
	t.Helper()
	traces, members = map[string]store.Trace{}, map[string]map[string]store.Observation{}
	seen := map[string]bool{}
	page := store.Page{Limit: 1000}
	for more := true; more; more = page.After != "" {
		list, err := s.Traces(t.Context(), "p", store.TraceQuery{Page: page})
		if err != nil {
			t.Fatal(err)
		}
		for _, trace := range list.Traces {
			if _, ok := traces[trace.ID]; ok {
				t.Errorf("trace %s is there twice", trace.ID)
			}
			traces[trace.ID] = trace
		}
		page.After = list.Next
	}
	for more := true; more; more = page.After != "" {
		list, err := s.Observations(t.Context(), "p", store.ObservationQuery{Page: page, Payloads: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Observations {
			if seen[o.ID] {
				t.Errorf("observation %s is there twice", o.ID)
			}
			seen[o.ID] = true
			if members[o.TraceID] == nil {
				members[o.TraceID] = map[string]store.Observation{}
			}
			members[o.TraceID][o.ID] = o
		}
		page.After = list.Next
	}
	return traces, members
}

// looks has a trace as so many of its writes made it, or one more that nobody heard of.
func looks(t *testing.T, id string, writes int, traces map[string]store.Trace, members map[string]map[string]store.Observation) {
	t.Helper()
	had := ""
	for n := writes; n <= 2; n++ {
		wrong := looksLike(id, n, traces, members)
		if wrong == "" {
			return
		}
		had += fmt.Sprintf("; not after %d writes: %s", n, wrong)
		if n > writes {
			break
		}
	}
	t.Errorf("trace %s, of which %d writes were acknowledged%s", id, writes, had)
}

// looksLike says what is wrong if exactly so many writes of the trace were committed.
func looksLike(id string, writes int, traces map[string]store.Trace, members map[string]map[string]store.Observation) string {
	want, moved, failed := killedMembers, 0, 0
	if writes == 0 {
		want = 0
	}
	if writes == 2 {
		switch fateOf(id) {
		case isUpdated:
			failed = 1
		case losesOne:
			want--
		case isDeleted:
			want = 0
		case twoAreMoved:
			want, moved = want-2, 2
		case staysSo, fates:
		}
	}
	trace, there := traces[id]
	switch {
	case there != (want > 0):
		return fmt.Sprintf("it is there: %v", there)
	case len(members[id]) != want || len(members["moved-"+id]) != moved:
		return fmt.Sprintf("it has %d observations, and %d are moved", len(members[id]), len(members["moved-"+id]))
	case trace.Rollup.Errors != failed || want > 0 && (trace.UserID != "u"+id || len(trace.Tags) != 1):
		return fmt.Sprintf("it is %+v", trace)
	case failed > 0 && trace.Rollup.Latency != time.Hour:
		return fmt.Sprintf("its latency is %v", trace.Rollup.Latency)
	}
	for o, row := range members[id] {
		text := `"` + strings.Repeat("input of "+o+" ", 40) + `"`
		if failed > 0 && strings.HasSuffix(o, "-o0") {
			text = `"changed"`
		}
		if string(row.Input) != text {
			return fmt.Sprintf("the input of %s is %.60s", o, row.Input)
		}
	}
	return ""
}
