package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestNewcomersAreClosed when they are silent for too long at the end, and who has said something is not.
func TestNewcomersAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n newcomers
		begun := time.Now()
		ends := make(chan string, 3)
		var conns [3]net.Conn
		for i, name := range []string{"silent", "spoke at once", "spoke later"} {
			ours, theirs := net.Pipe()
			conns[i] = ours
			n.see(ours, http.StateNew)
			go func() {
				_, err := theirs.Read(make([]byte, 1))
				if errors.Is(err, io.EOF) {
					ends <- name
				}
			}()
		}
		n.see(conns[1], http.StateActive)
		go n.close(t.Context(), silence)
		time.Sleep(silence / 2) //nolint:forbidigo // a fake clock
		n.see(conns[2], http.StateActive)
		if name := <-ends; name != "silent" || time.Since(begun) != silence {
			t.Errorf("%s ends after %v", name, time.Since(begun))
		}
		synctest.Wait()
		if len(ends) > 0 {
			t.Errorf("%s ends as well", <-ends)
		}
		for _, c := range conns {
			_ = c.Close()
		}
	})
}

// TestNewcomersAreLeft to the server once the time for its end is up.
func TestNewcomersAreLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ours, theirs := net.Pipe()
	defer ours.Close()
	var n newcomers
	n.see(ours, http.StateNew)
	n.close(ctx, time.Hour)
	_ = theirs.SetReadDeadline(time.Now())
	if _, err := theirs.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
		t.Error("closed")
	}
}

// TestServerKnowsNewcomers and no more of those that have gone.
func TestServerKnowsNewcomers(t *testing.T) {
	s, err := New(Config{Addr: "127.0.0.1:0", Open: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	known := func() int {
		s.newcomers.mu.Lock()
		defer s.newcomers.mu.Unlock()
		return len(s.newcomers.conns)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	tick, late := time.NewTicker(time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for known() != 1 {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the server doesn't know of the connection")
		}
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if n := known(); n != 0 {
		t.Errorf("%d are left", n)
	}
}
