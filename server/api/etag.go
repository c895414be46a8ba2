package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// encode is an answer as JSON.
func encode(answer any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return nil, fmt.Errorf("langshark: answer: %w", err)
	}
	return b.Bytes(), nil
}

// tagOf names a text: it is a strong tag.
func tagOf(text []byte) string {
	sum := sha256.Sum256(text)
	return fmt.Sprintf(`"%x"`, sum[:16])
}

// maxTagged is how large an answer may be to get a tag: hashing more costs more than
// it saves those who ask again.
const maxTagged = 8 << 20

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
	etag := tagOf(body)
	h := w.Header()
	h.Set("ETag", etag)
	if !matchesTag(t.ifNoneMatch, etag) {
		return false
	}
	h.Del("Content-Type")
	w.WriteHeader(http.StatusNotModified)
	return true
}

// matchesTag reports whether the tag is in If-None-Match, by the weak comparison of RFC 9110, section 13.1.2.
func matchesTag(header []string, etag string) bool {
	for _, line := range header {
		for given := range strings.SplitSeq(line, ",") {
			given = strings.TrimPrefix(strings.TrimSpace(given), "W/")
			if given == etag || given == "*" {
				return true
			}
		}
	}
	return false
}
