package exporter_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/exporter/ingestion"
	"github.com/langshark/langshark-go/exporter/otlp"
	"github.com/langshark/langshark-go/exporter/spool"
)

// wire is one that the faults are met on.
type wire struct {
	name     string
	exporter func(host string) (exporter.Exporter, error)
	ids      func(body []byte) ([]string, error) // of what a request brings
	status   int
	accepted func(ids []string) string
}

var (
	ingestionWire = wire{
		"ingestion",
		func(host string) (exporter.Exporter, error) {
			return ingestion.New(ingestion.Config{Host: host, PublicKey: "pk", SecretKey: "sk"})
		},
		func(body []byte) (ids []string, err error) {
			var batch struct{ Batch []struct{ ID string } }
			err = json.Unmarshal(body, &batch)
			for _, e := range batch.Batch {
				ids = append(ids, e.ID)
			}
			return ids, err
		},
		207, func(ids []string) string { return result(ids, nil) },
	}
	otlpWire = wire{
		"otlp",
		func(host string) (exporter.Exporter, error) {
			return otlp.New(otlp.Config{Endpoint: host, Encoding: otlp.EncodingJSON}, exporter.WithCompressor(nil))
		},
		func(body []byte) (ids []string, err error) {
			var spans struct {
				ResourceSpans []struct {
					ScopeSpans []struct{ Spans []struct{ SpanID string } }
				}
			}
			err = json.Unmarshal(body, &spans)
			for _, r := range spans.ResourceSpans {
				for _, s := range r.ScopeSpans {
					for _, span := range s.Spans {
						ids = append(ids, span.SpanID)
					}
				}
			}
			return ids, err
		},
		200, func([]string) string { return "{}" },
	}
	wires = []wire{ingestionWire, otlpWire}
)

// faultID is the id of a record, the same for its event and its span.
func faultID(i int) string { return fmt.Sprintf("%016x", i+1) }

// fault answers one request in a way that is none. It may leave the connection
// open; whoever called closes it.
type fault func(f *faulty, c *net.TCPConn, ids []string)

// faulty is a server on loopback that commits the faults one after the other,
// then works. It counts how often it accepted each event.
type faulty struct {
	t        *testing.T
	wire     wire
	listener *net.TCPListener
	address  string
	wg       sync.WaitGroup

	mu     sync.Mutex
	faults []fault
	seen   map[string]int // requests in which an event came
	got    map[string]int // and in which it was accepted
}

func newFaulty(t *testing.T, w wire, faults ...fault) *faulty {
	t.Helper()
	f := &faulty{t: t, wire: w, faults: faults, seen: map[string]int{}, got: map[string]int{}}
	f.listen("127.0.0.1:0")
	t.Cleanup(f.stop)
	return f
}

func (f *faulty) listen(address string) {
	f.t.Helper()
	l, err := (&net.ListenConfig{}).Listen(f.t.Context(), "tcp", address)
	for begun := time.Now(); err != nil && time.Since(begun) < time.Minute; { // somebody's connection may have the port for a while
		<-time.After(10 * time.Millisecond)
		l, err = (&net.ListenConfig{}).Listen(f.t.Context(), "tcp", address)
	}
	if err != nil {
		f.t.Error(err)
		return
	}
	f.listener = l.(*net.TCPListener)
	f.address = l.Addr().String()
	listener := f.listener
	f.wg.Go(func() {
		for {
			c, err := listener.AcceptTCP()
			if err != nil {
				return
			}
			f.wg.Go(func() { f.serve(c) })
		}
	})
}

func (f *faulty) stop() {
	f.listener.Close()
	f.wg.Wait()
}

func (f *faulty) serve(c *net.TCPConn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		if strings.HasSuffix(req.URL.Path, "/health") {
			respond(c, 200, "", `{"status":"OK","version":"3.0.0"}`)
			continue
		}
		ids, err := f.wire.ids(body)
		if err != nil {
			f.t.Errorf("a body that is not JSON: %v", err)
			return
		}
		f.mu.Lock()
		for _, id := range ids {
			f.seen[id]++
		}
		var next fault
		if len(f.faults) > 0 {
			next, f.faults = f.faults[0], f.faults[1:]
		}
		f.mu.Unlock()
		if next != nil {
			next(f, c, ids)
			return
		}
		f.accept(ids)
		respond(c, f.wire.status, "", f.wire.accepted(ids))
	}
}

func (f *faulty) accept(ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		f.got[id]++
	}
}

// result is the answer to a batch, in which some have failed for now.
func result(ids []string, failed map[string]bool) string {
	var good, bad []string
	for _, id := range ids {
		if failed[id] {
			bad = append(bad, fmt.Sprintf(`{"id":%q,"status":500,"message":"later"}`, id))
		} else {
			good = append(good, fmt.Sprintf(`{"id":%q,"status":201}`, id))
		}
	}
	return `{"successes":[` + strings.Join(good, ",") + `],"errors":[` + strings.Join(bad, ",") + `]}`
}

func respond(w io.Writer, status int, header, body string) {
	fmt.Fprintf(w, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s", status, http.StatusText(status), len(body), header, body)
}

func answers(status int, header, body string) fault {
	return func(_ *faulty, c *net.TCPConn, _ []string) { respond(c, status, header, body) }
}

// reset ends the connection with a RST.
func reset(_ *faulty, c *net.TCPConn, _ []string) { _ = c.SetLinger(0) }

// halfClosed says nothing more, but would still listen.
func halfClosed(_ *faulty, c *net.TCPConn, _ []string) {
	_ = c.CloseWrite()
	_, _ = io.Copy(io.Discard, c)
}

// truncated ends in the middle of the answer.
func truncated(f *faulty, c *net.TCPConn, ids []string) {
	body := f.wire.accepted(ids)
	fmt.Fprintf(c, "HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s", f.wire.status, len(body), body[:len(body)/2])
}

// slow takes longer for the body than the client waits.
func slow(f *faulty, c *net.TCPConn, _ []string) {
	fmt.Fprintf(c, "HTTP/1.1 %d OK\r\nContent-Length: 1000\r\n\r\n{", f.wire.status)
	_, _ = io.Copy(io.Discard, c) // until the client gives up
}

// silent never answers.
func silent(_ *faulty, c *net.TCPConn, _ []string) { _, _ = io.Copy(io.Discard, c) }

func repeated(one fault, n int) (all []fault) {
	for range n {
		all = append(all, one)
	}
	return all
}

const faultRecords = 120

// send records through a pipeline, which waits so long for an answer, and returns when all has come to its end.
func send(t *testing.T, f *faulty, disk exporter.Spool, patience time.Duration) exporter.Stats {
	t.Helper()
	e, err := f.wire.exporter("http://" + f.address)
	if err != nil {
		t.Fatal(err)
	}
	p := exporter.NewPipeline(e, exporter.PipelineConfig{FlushAt: 50, FlushInterval: 20 * time.Millisecond, Timeout: patience, Spool: disk})
	for i := range faultRecords {
		p.EnqueueRecord(&exporter.Record{EventID: faultID(i), Time: time.Now(), Observation: &exporter.Observation{
			ID: faultID(i), TraceID: "0af7651916cd43dd8448eb211c80319c", Name: "n", Start: time.Now(), End: time.Now(), Attributes: &exporter.Attributes{},
		}})
		s := p.Stats()
		if sum := s.Delivered + s.Dropped.Total() + s.Queued + s.InFlight + s.Spooled; sum != s.Accepted {
			t.Errorf("accepted %d, but the rest adds up to %d", s.Accepted, sum)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := p.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	return p.Stats()
}

func (f *faulty) check(s exporter.Stats) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.faults) > 0 {
		f.t.Errorf("%d faults were not met", len(f.faults))
	}
	if s.Delivered != faultRecords || s.Dropped.Total() != 0 {
		f.t.Errorf("%+v", s)
	}
	if len(f.seen) != faultRecords {
		f.t.Errorf("%d event ids came for %d records", len(f.seen), faultRecords)
	}
	for i := range faultRecords {
		if f.got[faultID(i)] == 0 {
			f.t.Errorf("event %d did not arrive", i)
		}
	}
}

// TestFaults: whatever the network and the server do, every record arrives, and
// under one id. Each fault is met twice, with and without a spool.
func TestFaults(t *testing.T) {
	for name, faults := range map[string][]fault{
		"reset":        repeated(reset, 2),
		"half-closed":  repeated(halfClosed, 2),
		"truncated":    repeated(truncated, 2),
		"slow body":    repeated(slow, 2),
		"silent":       repeated(silent, 2),
		"429":          repeated(answers(429, "Retry-After: 1\r\n", ""), 2),
		"500":          repeated(answers(500, "", `{"message":"oops"}`), 3),
		"408 and 425":  {answers(408, "", ""), answers(425, "", "")},
		"proxy's page": {answers(200, "", "<html>login</html>"), answers(302, "Location: http://127.0.0.1:1/login\r\n", "")},
		"404":          {answers(404, "", "")},
		"not HTTP":     {func(_ *faulty, c *net.TCPConn, _ []string) { fmt.Fprint(c, "SSH-2.0-OpenSSH\r\n") }},
		"endless head": {func(_ *faulty, c *net.TCPConn, _ []string) {
			fmt.Fprint(c, "HTTP/1.1 207 OK\r\n")
			for range 2000 {
				if _, err := fmt.Fprintf(c, "X-A: %s\r\n", strings.Repeat("a", 1000)); err != nil {
					return
				}
			}
		}},
	} {
		for _, w := range wires {
			for _, spooled := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/spool=%t", name, w.name, spooled), func(t *testing.T) {
					t.Parallel()
					f := newFaulty(t, w, faults...)
					f.check(send(t, f, folder(t, spooled), 300*time.Millisecond))
				})
			}
		}
	}
}

func folder(t *testing.T, wanted bool) exporter.Spool {
	t.Helper()
	if !wanted {
		return nil
	}
	s, err := spool.New(spool.Config{Dir: t.TempDir(), Sync: spool.SyncNone})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPartialFailuresComeAgainAlone(t *testing.T) {
	for _, spooled := range []bool{false, true} {
		t.Run(fmt.Sprint("spool=", spooled), func(t *testing.T) {
			t.Parallel()
			f := newFaulty(t, ingestionWire)
			f.faults = repeated(func(f *faulty, c *net.TCPConn, ids []string) {
				failed := map[string]bool{}
				for i, id := range ids {
					if failed[id] = i%3 == 0; !failed[id] {
						f.accept([]string{id})
					}
				}
				respond(c, 207, "", result(ids, failed))
			}, 3)
			f.check(send(t, f, folder(t, spooled), time.Minute))
			for id, n := range f.got {
				if n != 1 {
					t.Errorf("event %s was accepted %d times", id, n)
				}
			}
		})
	}
}

func TestServerRestarts(t *testing.T) {
	for _, w := range wires {
		for _, spooled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/spool=%t", w.name, spooled), func(t *testing.T) {
				t.Parallel()
				f := newFaulty(t, w)
				f.listener.Close() // refused
				back := time.AfterFunc(1500*time.Millisecond, func() { f.listen(f.address) })
				defer back.Stop()
				f.check(send(t, f, folder(t, spooled), time.Minute))
			})
		}
	}
}

// TestWhereNothingAnswers: a name that doesn't resolve, a port that speaks
// no TLS. Shutdown ends in time; what is left is counted, or is on disk.
func TestWhereNothingAnswers(t *testing.T) {
	plain := newFaulty(t, ingestionWire)
	for name, host := range map[string]string{
		"no such name": "http://langshark.invalid",
		"no TLS":       "https://" + plain.address,
		"refused":      "http://127.0.0.1:1",
	} {
		for _, w := range wires {
			for _, spooled := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/spool=%t", name, w.name, spooled), func(t *testing.T) {
					t.Parallel()
					nothingAnswers(t, w, host, spooled)
				})
			}
		}
	}
}

func nothingAnswers(t *testing.T, w wire, host string, spooled bool) {
	t.Helper()
	e, err := w.exporter(host)
	if err != nil {
		t.Fatal(err)
	}
	p := exporter.NewPipeline(e, exporter.PipelineConfig{FlushAt: 5, FlushInterval: 10 * time.Millisecond, Spool: folder(t, spooled)})
	for i := range 20 {
		p.EnqueueRecord(&exporter.Record{EventID: faultID(i), Time: time.Now(), Score: &exporter.Score{ID: "s", Name: "n", TraceID: "t"}})
	}
	for p.Stats().Failures == 0 { // looking a name up takes its time
		<-time.After(10 * time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err = p.Shutdown(ctx)
	var delivery *exporter.DeliveryError
	if !errors.As(err, &delivery) || delivery.Err == nil {
		t.Fatalf("Shutdown says %v", err)
	}
	s := p.Stats()
	if spooled && (s.Spooled != 20 || delivery.Spooled != 20) || !spooled && s.Dropped.Shutdown != 20 {
		t.Errorf("%+v", s)
	}
}
