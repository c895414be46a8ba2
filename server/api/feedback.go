package api

import (
	"bytes"
	_ "embed"
	"net/http"
	"time"
)

// feedbackJS is a script for pages: it sends scores with the public half of a key.
//
//go:embed feedback.js
var feedbackJS []byte

// feedbackScript serves the script to whoever asks, also to pages of other origins.
func (c *call) feedbackScript() {
	h := c.w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	http.ServeContent(c.w, c.r, "", time.Time{}, bytes.NewReader(feedbackJS))
}
