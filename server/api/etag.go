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

// writeTagged answers with JSON under a strong ETag, or with 304 to those who have it already.
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
	tag := tagOf(text)
	h.Set("ETag", tag)
	h.Set("Cache-Control", "no-cache") // may be kept, but is asked for each time
	if holds(c.r.Header.Get("If-None-Match"), tag) {
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
