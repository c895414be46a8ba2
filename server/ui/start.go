//go:build !noui

package ui

import _ "embed"

// startCode is the program on the page of an empty project. A test compiles it.
//
//go:embed start_snippet.txt
var startCode string

// snippets are what to paste to send the first trace.
func (h *handler) snippets(q *request) (env, code string) {
	env = "export LANGSHARK_HOST=" + h.PublicURL(q.Request) +
		"\nexport LANGSHARK_PUBLIC_KEY=pk-lf-…" +
		"\nexport LANGSHARK_SECRET_KEY=sk-lf-…"
	return env, startCode
}
