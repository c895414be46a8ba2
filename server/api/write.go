package api

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/internal/body"
)

// The largest bodies, as recorded.
const (
	maxIngestionBytes = 4608 << 10 // 4.5 MB
	maxBodyBytes      = 1 << 20
	maxFeedbackBytes  = 256 << 10

	// plainRatio is how much more a compressed body may hold.
	plainRatio = 4
)

// body reads the body of a request as JSON: nothing is an empty object, a form
// an object of texts, anything else but JSON a text.
func (c *call) body(most int64) ([]byte, error) {
	b, err := body.Read(c.w, c.r, body.Limits{Sent: most, Plain: plainRatio * most})
	if err != nil {
		return nil, fmt.Errorf("langshark: read body: %w", err)
	}
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	switch kind {
	case "application/json", "application/ld+json":
		if len(b) == 0 {
			return []byte("{}"), nil
		}
		return b, nil
	case "application/x-www-form-urlencoded":
		return formJSON(b)
	}
	return json.Marshal(string(b))
}

// formJSON is a form as a JSON object.
func formJSON(form []byte) ([]byte, error) {
	values, err := url.ParseQuery(string(form))
	if err != nil {
		return json.Marshal(string(form))
	}
	object := make(map[string]any, len(values))
	for name, list := range values {
		if len(list) == 1 {
			object[name] = list[0]
		} else {
			object[name] = list
		}
	}
	return json.Marshal(object)
}

func (c *call) ingestion() {
	most, access := int64(maxIngestionBytes), ingest.Access{ProjectID: c.access.ProjectID, ScoresOnly: c.access.PublicOnly}
	if access.ScoresOnly {
		most = maxFeedbackBytes
		access.Charge = func(events int) error { // the request itself has paid for one
			return c.feedback.take(c.w.Header(), c.access.PublicKey, events-1, c.Now())
		}
	}
	sent, err := c.body(most)
	if err != nil {
		c.fail(err)
		return
	}
	result, err := c.Ingest.Ingest(c.ctx(), access, sent)
	if invalid, ok := ingest.IsInvalid(err); ok { // this route lists texts
		texts := make([]string, len(invalid))
		for i, f := range invalid {
			texts[i] = f.Error()
		}
		write(c.w, http.StatusBadRequest, map[string]any{"message": "Invalid request data", "errors": texts})
		return
	}
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusMultiStatus, result)
}

func (c *call) postTrace() {
	sent, err := c.body(maxBodyBytes)
	if err != nil {
		c.fail(err)
		return
	}
	id, err := c.Ingest.Trace(c.ctx(), c.access.ProjectID, sent)
	if err != nil {
		c.fail(err)
		return
	}
	t, err := c.Reader.Trace(c.ctx(), c.access.ProjectID, id)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, c.traceOnWire(&t.Trace))
}
