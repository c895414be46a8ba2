package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// maxTagged is how large an answer may be to get a tag: hashing more costs more than
// it saves those who ask again.
const maxTagged = 1 << 20

// taggable is the writer of a request whose answer may be one that the client has.
// Only [write] looks for it: what is streamed, and health, has no tag.
type taggable struct {
	http.ResponseWriter

	ifNoneMatch []string
}

// Unwrap lets [http.ResponseController] reach the writer below.
func (t *taggable) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// tag gives a successful answer its tag, a hash of all of it. It reports whether the client
// has that answer already: then it has been told so.
func tag(w http.ResponseWriter, status int, body []byte) (had bool) {
	t, ok := w.(*taggable)
	if !ok || status != http.StatusOK || len(body) > maxTagged {
		return false
	}
	h := w.Header()
	etag := tagOf(body)
	h.Set("ETag", etag)
	if !holds(strings.Join(t.ifNoneMatch, ","), etag) {
		return false
	}
	h.Del("Content-Type")
	w.WriteHeader(http.StatusNotModified)
	return true
}

// writeTagged answers with JSON that a client may keep under its strong ETag, or with 304 to those who have it already.
func (c *call) writeTagged(answer any) {
	text, err := encode(answer)
	if err != nil {
		c.fail(err)
		return
	}
	c.tagged("application/json; charset=utf-8", text)
}

func encode(answer any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return nil, fmt.Errorf("langshark: answer: %w", err)
	}
	return b.Bytes(), nil
}

// tagOf names a text.
func tagOf(text []byte) string {
	sum := sha256.Sum256(text)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (c *call) tagged(contentType string, text []byte) {
	h := c.w.Header()
	etag := tagOf(text)
	h.Set("ETag", etag)
	h.Set("Cache-Control", "no-cache") // may be kept, but is asked for each time
	if holds(strings.Join(c.r.Header.Values("If-None-Match"), ","), etag) {
		c.w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", contentType)
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(text) // the client has gone
}

// holds reports whether a list of tags has one, which a proxy may have made weak.
func holds(list, tag string) bool {
	for held := range strings.SplitSeq(list, ",") {
		if held = strings.TrimPrefix(strings.TrimSpace(held), "W/"); held == tag || held == "*" {
			return true
		}
	}
	return false
}
