package ingestion

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/langshark/langshark-go/exporter"
)

// post sends one batch and reads the fate of each event.
func (e *Exporter) post(ctx context.Context, body []byte, records []exporter.Record) ([]exporter.Failure, error) {
	answer, err := e.do(ctx, http.MethodPost, "/api/public/ingestion", body)
	if err != nil {
		return nil, err
	}
	if answer.status != http.StatusMultiStatus && answer.status != http.StatusOK && answer.status != http.StatusCreated {
		return nil, answer.apiError()
	}
	var result struct {
		Successes *[]struct {
			ID string `json:"id"`
		} `json:"successes"`
		Errors []struct {
			ID      string          `json:"id"`
			Status  int             `json:"status"`
			Message string          `json:"message"`
			Error   json.RawMessage `json:"error"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(answer.body, &result); err != nil || result.Successes == nil {
		// Some page of a proxy, perhaps. Nothing says that the events arrived, and sending them twice is harmless.
		return nil, fmt.Errorf("langshark: the answer to a batch is not that of an ingestion API: %s", cut(string(answer.body)))
	}
	// The fate of each event by its id: nil if it was accepted.
	fates := make(map[string]*exporter.Failure, len(records))
	for _, r := range *result.Successes {
		fates[r.ID] = nil
	}
	unnamed := exporter.Failure{Reason: "the server's answer does not name it", Retry: true}
	sent := make(map[string]bool, len(result.Errors))
	for i := range records {
		sent[records[i].EventID] = len(result.Errors) > 0
	}
	for _, r := range result.Errors {
		reason := strconv.Itoa(r.Status)
		if text := cmp.Or(jsonText(r.Error), r.Message); text != "" {
			reason += ": " + cut(text)
		}
		if !sent[r.ID] { // perhaps that of an event which isn't named
			unnamed.Reason = reason
			continue
		}
		fates[r.ID] = &exporter.Failure{Reason: reason, Retry: retryable(r.Status)}
	}
	var failed []exporter.Failure
	for i := range records {
		fate, named := fates[records[i].EventID]
		if !named {
			fate = &unnamed
		}
		if fate != nil {
			failed = append(failed, exporter.Failure{Index: i, Reason: fate.Reason, Retry: fate.Retry})
		}
	}
	return failed, nil
}

func retryable(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooEarly ||
		status == http.StatusTooManyRequests || status >= 500
}

// jsonText returns a JSON string's text, other JSON as it is, and "" for none.
func jsonText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	if string(raw) == "null" {
		return ""
	}
	return string(raw)
}

// speak returns the server's dialect, asking it if it isn't known. Where the
// answer says nothing, it is what every server understands, until the next batch.
func (e *Exporter) speak(ctx context.Context) (Dialect, error) {
	e.mu.Lock()
	dialect := e.dialect
	e.mu.Unlock()
	if dialect != DialectAuto {
		return dialect, nil
	}
	answer, err := e.do(ctx, http.MethodGet, "/api/public/health", nil)
	if err != nil {
		return 0, err
	}
	version := healthVersion(answer)
	switch {
	case answer.status >= 500 || answer.status == http.StatusTooManyRequests:
		return 0, answer.apiError()
	case answer.header.Get("X-LangShark-Version") != "":
		dialect = DialectV3
	case version == 0:
		return DialectV2, nil // a proxy's page, perhaps
	case version >= 3:
		dialect = DialectV3
	default:
		dialect = DialectV2
	}
	e.mu.Lock()
	e.dialect = dialect
	e.mu.Unlock()
	return dialect, nil
}

// healthVersion is the major version that a health answer names, 0 if none.
func healthVersion(a *answer) int {
	var health struct {
		Version string `json:"version"`
	}
	if a.status != http.StatusOK || json.Unmarshal(a.body, &health) != nil {
		return 0
	}
	return major(health.Version)
}

func major(version string) int {
	first, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return n
}

// forget lets the next batch ask again when the server seems to be another one.
func (e *Exporter) forget(err error) {
	var api *exporter.APIError
	if !errors.As(err, &api) || e.cfg.Dialect != DialectAuto {
		return
	}
	switch api.StatusCode {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		e.mu.Lock()
		e.dialect = DialectAuto
		e.mu.Unlock()
	}
}
