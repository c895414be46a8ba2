package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// sinkVerb starts this binary as a sink: the next argument is the delay of each answer.
const sinkVerb = "sink"

// sink answers all wires. It keeps the bodies and reads them only when it is
// asked for its tally, after the measurement.
type sink struct {
	delay   time.Duration
	address string
	server  *http.Server

	mu     sync.Mutex
	bodies []delivered
	tally  tally
}

type delivered struct {
	path, encoding string
	body           []byte
}

// serveSink prints two addresses, of the sink and of what controls it, and
// serves until its standard input ends, so that no sink outlives the bench.
func serveSink(delay string) error {
	d, err := time.ParseDuration(delay)
	if err != nil {
		return err
	}
	s := &sink{delay: d, address: "127.0.0.1:0"}
	if err := s.listen(); err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /tally", s.report)
	mux.HandleFunc("POST /away", s.away)
	mux.HandleFunc("POST /back", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.listen(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	go func() { _ = (&http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}).Serve(control) }()
	fmt.Printf("http://%s http://%s\n", s.address, control.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// listen serves at the address, which is known after the first time.
func (s *sink) listen() error {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.address = l.Addr().String()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func(server *http.Server) { _ = server.Serve(l) }(s.server)
	return nil
}

// away closes the sink after a while, and opens it again: ?after=1s&for=2s. It
// stays away without "for".
func (s *sink) away(w http.ResponseWriter, r *http.Request) {
	after, _ := time.ParseDuration(r.FormValue("after"))
	pause, _ := time.ParseDuration(r.FormValue("for"))
	leave := func() {
		s.server.Close() //nolint:errcheck // that of its listener
		if pause > 0 {
			time.AfterFunc(pause, func() {
				if err := s.listen(); err != nil {
					fmt.Fprintln(os.Stderr, "sink:", err)
				}
			})
		}
	}
	if after > 0 {
		time.AfterFunc(after, leave)
	} else {
		leave()
	}
	w.WriteHeader(http.StatusNoContent)
}

// report reads what was kept and answers with the sum.
func (s *sink) report(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.bodies {
		s.tally.add(d.path, d.encoding, d.body)
	}
	s.bodies = nil
	_ = json.NewEncoder(w).Encode(s.tally)
}

// features are what Datadog's agent says it can do.
const features = `{"endpoints":["/v0.4/traces","/evp_proxy/v2/","/evp_proxy/v4/"]}`

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/public/health":
		_, _ = io.WriteString(w, `{"status":"OK","version":"3.100.0"}`)
		return
	case "/info":
		_, _ = io.WriteString(w, features)
		return
	}
	body, err := read(r)
	if err != nil {
		return // the connection has ended
	}
	if answerModel(w, r.URL.Path) {
		return
	}
	if s.delay > 0 && !wait(r.Context(), s.delay) {
		return // nobody waits for the answer
	}
	if len(body) > 0 {
		s.mu.Lock()
		s.bodies = append(s.bodies, delivered{r.URL.Path, r.Header.Get("Content-Encoding"), body})
		s.mu.Unlock()
	}
	switch r.URL.Path {
	case ingestionPath:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusMultiStatus)
		_, _ = w.Write(ingestionAnswer(body))
	case llmobsPath:
		w.WriteHeader(http.StatusAccepted)
	case "/v1/traces", "/api/public/otel/v1/traces":
		w.Header().Set("Content-Type", "application/x-protobuf")
	default: // Sentry's, and Datadog's for its traces
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	}
}

func read(r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 {
		return io.ReadAll(r.Body)
	}
	if r.ContentLength > 1<<30 {
		return nil, errors.New("the body has more than 1 GB")
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// wait reports whether the time has passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
