package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memory is an outbox that forgets when the test ends.
type memory struct {
	mu      sync.Mutex
	waiting []*waiting
	results []Result
	fail    error // of Claim
}

type waiting struct {
	Delivery
	at time.Time
}

func (m *memory) put(t Target, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = append(m.waiting, &waiting{Delivery{Target: t, DeliveryID: id, URL: "https://" + t.ID + ".example/hook", Secret: "secret", Event: "labels", Body: []byte(`{"id":"` + id + `"}`)}, time.Now()})
}

func (m *memory) Targets(context.Context) (list []Target, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.waiting {
		list = append(list, w.Target)
	}
	return list, nil
}

func (m *memory) Claim(_ context.Context, t Target, now time.Time) (*Delivery, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, time.Time{}, m.fail
	}
	var first *waiting
	for _, w := range m.waiting {
		if w.Target == t && (first == nil || w.at.Before(first.at)) {
			first = w
		}
	}
	if first == nil {
		return nil, time.Time{}, nil
	}
	if first.at.After(now) {
		return nil, first.at, nil
	}
	first.Attempt++
	first.at = now.Add(Pause(first.Attempt))
	d := first.Delivery
	return &d, time.Time{}, nil
}

func (m *memory) Finish(_ context.Context, d *Delivery, r Result) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.results = append(m.results, r)
	if r.Err == nil || d.Attempt >= MaxAttempts {
		m.waiting = slices.DeleteFunc(m.waiting, func(w *waiting) bool { return w.DeliveryID == d.DeliveryID })
	}
	return nil
}

func (m *memory) left() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting)
}

// endpoint answers requests, and notes when they came.
type endpoint struct {
	mu     sync.Mutex
	came   []string
	answer func(r *http.Request) (int, error)
}

func (e *endpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	e.came = append(e.came, fmt.Sprintf("%s %s", r.URL.Host, body))
	e.mu.Unlock()
	status, err := e.answer(r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Body: io.NopCloser(strings.NewReader("ok")), Request: r}, nil
}

func (e *endpoint) count(part string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.came {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

func start(t *testing.T, m *memory, e *endpoint) *Sender {
	t.Helper()
	return Start(Config{Outbox: m, Client: &http.Client{Transport: e}, Logger: slog.New(slog.DiscardHandler), UserAgent: "LangShark/test"})
}

func TestSign(t *testing.T) {
	// By: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret
	const want = "t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686"
	if got := Sign("secret", []byte(`{"a":1}`), time.Unix(1_700_000_000, 999)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if a, b := NewSecret(), NewSecret(); a == b || len(a) != 70 {
		t.Errorf("secrets %s, %s", a, b)
	}
}

// TestRetries has an endpoint fail until the last attempt, and one that never answers well.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, began := &memory{}, time.Now()
		var times []time.Duration
		e := &endpoint{}
		e.answer = func(r *http.Request) (int, error) {
			if r.URL.Host == "bad.example" {
				return http.StatusInternalServerError, nil
			}
			if h := r.Header; h.Get("X-LangShark-Delivery") != "1" || h.Get("X-LangShark-Event") != "labels" || h.Get("User-Agent") != "LangShark/test" || h.Get(SignatureHeader) != Sign("secret", []byte(`{"id":"1"}`), time.Now()) {
				t.Errorf("headers %v", h)
			}
			times = append(times, time.Since(began))
			switch len(times) {
			case 1:
				return 0, errors.New("refused")
			case MaxAttempts:
				return http.StatusNoContent, nil
			}
			return http.StatusFound, nil
		}
		m.put(Target{"p", "good"}, "1")
		m.put(Target{"p", "bad"}, "2")
		s := start(t, m, e)
		defer s.Close()
		time.Sleep(2 * time.Hour) //nolint:forbidigo // the bubble's time
		synctest.Wait()
		var want []time.Duration
		at := time.Duration(0)
		for n := range MaxAttempts {
			want = append(want, at)
			at += Pause(n + 1)
		}
		if !slices.Equal(times, want) || want[MaxAttempts-1] < 59*time.Minute || want[MaxAttempts-1] > 62*time.Minute {
			t.Errorf("attempts at %v, want %v", times, want)
		}
		if n := e.count("bad"); n != MaxAttempts || m.left() != 0 {
			t.Errorf("%d attempts at one that is bad, %d left", n, m.left())
		}
		if got, want := s.Stats(), (Stats{Arrived: 1, Failed: 2*MaxAttempts - 1}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if len(s.queues) != 0 {
			t.Errorf("%d queues of nothing", len(s.queues))
		}
	})
}

// TestOneThatHangs has an endpoint that doesn't answer hold up no other.
func TestOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, e := &memory{}, &endpoint{}
		e.answer = func(r *http.Request) (int, error) {
			if r.URL.Host == "slow.example" {
				<-r.Context().Done()
				return 0, r.Context().Err()
			}
			return http.StatusOK, nil
		}
		s := start(t, m, e)
		m.put(Target{"p", "slow"}, "s")
		s.Wake(Target{"p", "slow"})
		synctest.Wait()
		for i := range 5 {
			m.put(Target{"p", "fast"}, fmt.Sprint(i))
			s.Wake(Target{"p", "fast"})
			synctest.Wait()
			if got := e.count("fast"); got != i+1 {
				t.Fatalf("%d deliveries, want %d", got, i+1)
			}
		}
		s.Close()
		s.Close()
		s.Wake(Target{"p", "fast"}) // does nothing
		if m.left() != 1 || len(m.results) != 5 {
			t.Errorf("%d left, %d results: what was cut off is neither", m.left(), len(m.results))
		}
		again := start(t, m, e)     // after a restart
		time.Sleep(6 * time.Second) //nolint:forbidigo // the bubble's time
		synctest.Wait()
		if got := e.count("slow"); got != 2 {
			t.Errorf("%d attempts at what was left, want 2", got)
		}
		again.Close()
	})
}

// TestWhatOthersPut finds in time what no Wake told of, and goes on after an outbox that failed.
func TestWhatOthersPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, e := &memory{}, &endpoint{answer: func(*http.Request) (int, error) { return http.StatusOK, nil }}
		s := start(t, m, e)
		defer s.Close()
		synctest.Wait()
		m.put(Target{"p", "x"}, "1")
		time.Sleep(lookAgain + time.Second) //nolint:forbidigo // the bubble's time
		synctest.Wait()
		if e.count("x") != 1 {
			t.Error("what another process put was not found")
		}
		m.mu.Lock()
		m.fail = errors.New("disk")
		m.mu.Unlock()
		m.put(Target{"p", "x"}, "2")
		s.Wake(Target{"p", "x"})
		time.Sleep(90 * time.Second) //nolint:forbidigo // the bubble's time
		m.mu.Lock()
		m.fail = nil
		m.mu.Unlock()
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time
		synctest.Wait()
		if e.count("x") != 2 {
			t.Error("it was not tried again after the outbox had failed")
		}
	})
}

func TestReason(t *testing.T) {
	for want, r := range map[string]Result{
		"":                           {Status: 200},
		"it answered 500":            {Status: 500, Err: errors.New("it answered 500")},
		ErrForbidden.Error():         {Err: fmt.Errorf("connect to 10.0.0.1:80: %w", ErrForbidden)},
		"its name can't be resolved": {Err: &net.DNSError{Name: "x.internal", IsNotFound: true}},
		"it did not answer in time":  {Err: context.DeadlineExceeded},
		"it could not be reached":    {Err: errors.New("dial tcp 10.0.0.1:80: refused")},
	} {
		if got := r.Reason(); got != want {
			t.Errorf("%v: %q, want %q", r.Err, got, want)
		}
	}
}
