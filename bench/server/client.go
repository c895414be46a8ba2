package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// client speaks to a server.
type client struct {
	url  string
	http *http.Client
}

func newClient(url string, connections int) *client {
	return &client{url, &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}}}
}

func (c *client) close() { c.http.CloseIdleConnections() }

func (c *client) do(ctx context.Context, method, path string, body []byte) ([]byte, int, error) {
	q, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	q.SetBasicAuth(publicKey, secretKey)
	q.Header.Set("Content-Type", "application/json")
	res, err := c.http.Do(q)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return text, res.StatusCode, err
}

// send sends a batch. Anything but the acknowledgement of all of it is an error.
func (c *client) send(ctx context.Context, body []byte) error {
	text, status, err := c.do(ctx, http.MethodPost, "/api/public/ingestion", body)
	if err != nil {
		return err
	}
	var result struct{ Errors []json.RawMessage }
	if status != http.StatusMultiStatus || json.Unmarshal(text, &result) != nil || len(result.Errors) > 0 {
		return fmt.Errorf("the server answers %d: %.300s", status, text)
	}
	return nil
}

// get reads something.
func (c *client) get(ctx context.Context, path string) error {
	text, status, err := c.do(ctx, http.MethodGet, path, nil)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s: the server answers %d: %.300s", path, status, text)
	}
	return err
}

// each has so many callers take the list in turns. It returns how long each took, and the first error.
func each[T any](callers int, list []T, f func(T) error) (took []time.Duration, err error) {
	work := make(chan T, len(list))
	for _, v := range list {
		work <- v
	}
	close(work)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			var mine []time.Duration
			for v := range work {
				start := time.Now()
				if e := f(v); e != nil {
					mu.Lock()
					if err == nil {
						err = e
					}
					mu.Unlock()
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	wg.Wait()
	return took, err
}
