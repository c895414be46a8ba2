package ingestion

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/langfuse"
)

// post sends one batch and reads the fate of each event.
func (e *Exporter) post(ctx context.Context, body []byte, records []exporter.Record) ([]exporter.Failure, error) {
	answer, err := e.client.Do(ctx, langfuse.Request{
		Method: http.MethodPost, Path: "/api/public/ingestion", Body: body, ContentType: "application/json",
	})
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusMultiStatus && answer.Status != http.StatusOK && answer.Status != http.StatusCreated {
		return nil, answer.Error()
	}
	if accepted(answer.Body, records) {
		return nil, nil
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
	if err := json.Unmarshal(answer.Body, &result); err != nil || result.Successes == nil {
		// Some page of a proxy, perhaps. Nothing says that the events arrived, and sending them twice is harmless.
		return nil, fmt.Errorf("langshark: the answer to a batch is not that of an ingestion API: %s", langfuse.Cut(string(answer.Body)))
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
			reason += ": " + langfuse.Cut(text)
		}
		if !sent[r.ID] { // perhaps that of an event which isn't named
			unnamed.Reason = reason
			continue
		}
		fates[r.ID] = &exporter.Failure{Reason: reason, Retry: langfuse.Retryable(r.Status)}
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

// accepted reports whether the answer is the plain one: that all events were
// created, in their order. Any other is read with care.
func accepted(body []byte, records []exporter.Record) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(body), []byte(`{"successes":[`))
	for i := range records {
		if i > 0 && ok {
			rest, ok = bytes.CutPrefix(rest, []byte(","))
		}
		if rest, ok = cut(rest, ok, `{"id":"`, records[i].EventID, `","status":201}`); !ok {
			return false
		}
	}
	rest, ok = bytes.CutPrefix(rest, []byte(`],"errors":[]}`))
	return ok && len(rest) == 0
}

// cut removes the parts from the beginning of b.
func cut(b []byte, ok bool, parts ...string) ([]byte, bool) {
	for _, part := range parts {
		if !ok || len(b) < len(part) || string(b[:len(part)]) != part {
			return b, false
		}
		b = b[len(part):]
	}
	return b, ok
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
	health, err := e.client.Health(ctx)
	switch {
	case err != nil:
		return 0, err
	case !health.Known():
		return DialectV2, nil // a proxy's page, perhaps
	case health.LangShark || health.Major >= 3:
		dialect = DialectV3
	default:
		dialect = DialectV2
	}
	e.mu.Lock()
	e.dialect = dialect
	e.mu.Unlock()
	return dialect, nil
}

// forget lets the next batch ask again when the server seems to be another one.
func (e *Exporter) forget(err error) {
	var api *exporter.APIError
	if errors.As(err, &api) && e.cfg.Dialect == DialectAuto && langfuse.Elsewhere(api.StatusCode) {
		e.mu.Lock()
		e.dialect = DialectAuto
		e.mu.Unlock()
		e.uploads.Ask()
	}
}
