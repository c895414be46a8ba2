package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestStopLosesNothing ends a server in the middle of writes: what was answered is there after a restart.
func TestStopLosesNothing(t *testing.T) {
	t.Setenv("LANGSHARK_INIT_PROJECT_PUBLIC_KEY", "pk-mine")
	t.Setenv("LANGSHARK_INIT_PROJECT_SECRET_KEY", "sk-mine")
	dir := t.TempDir()
	s := start(t, 1, "--addr", "127.0.0.1:0", "--data", dir, "--open", "--shutdown-timeout", "1m")
	call := func(method, url, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		r.SetBasicAuth("pk-mine", "sk-mine")
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, "" // it doesn't listen any more
		}
		defer res.Body.Close()
		var answer struct{ Successes []struct{ ID string } }
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			t.Errorf("%s: an answer that was begun and not ended: %v", url, err)
		}
		if len(answer.Successes) == 1 {
			return res.StatusCode, answer.Successes[0].ID
		}
		return res.StatusCode, ""
	}
	var mu sync.Mutex
	var accepted []string
	some := make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 100_000 {
				id := fmt.Sprintf("t-%d-%d", worker, i)
				status, got := call(http.MethodPost, s.url+"/api/public/ingestion",
					`{"batch":[{"id":"`+id+`","type":"trace-create","timestamp":"2026-01-02T03:04:05Z","body":{"id":"`+id+`"}}]}`)
				if status != http.StatusMultiStatus {
					return // 503 of a server that stops, or no answer
				}
				if got != id {
					t.Errorf("207 without %s", id)
				}
				mu.Lock()
				accepted = append(accepted, id)
				if len(accepted) > 40 {
					once.Do(func() { close(some) })
				}
				mu.Unlock()
			}
		})
	}
	go func() {
		wg.Wait()
		once.Do(func() { close(some) })
	}()
	<-some
	if code, rest := s.stop(); code != 0 || rest != "" {
		t.Errorf("ended with %d %s", code, rest)
	}
	wg.Wait()
	again := start(t, 1, "--addr", "127.0.0.1:0", "--data", dir, "--open", "--shutdown-timeout", "1m")
	for _, id := range accepted {
		if status, _ := call(http.MethodGet, again.url+"/api/public/traces/"+id, ""); status != http.StatusOK {
			t.Errorf("%s was accepted and is not there: %d", id, status)
		}
	}
	if code, rest := again.stop(); code != 0 || rest != "" {
		t.Errorf("ended with %d %s", code, rest)
	}
}
