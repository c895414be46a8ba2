package view

import (
	"context"
	"html"
	"io"
	"strings"

	"github.com/a-h/templ"

	"github.com/langshark/langshark-go/server/internal/chat"
)

// spansView writes runs of text without the white space that a template puts
// between elements, which would show in the text.
func spansView(spans []chat.Span) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for _, s := range spans {
			open, end := "", ""
			switch {
			case s.Code:
				open, end = "<code>", "</code>"
			case s.Bold:
				open, end = "<strong>", "</strong>"
			case s.Italic:
				open, end = "<em>", "</em>"
			case strings.HasPrefix(s.Link, "https://"), strings.HasPrefix(s.Link, "http://"):
				open, end = `<a href="`+html.EscapeString(s.Link)+`" rel="noopener noreferrer nofollow" target="_blank">`, "</a>"
			}
			b.WriteString(open)
			b.WriteString(html.EscapeString(s.Text))
			b.WriteString(end)
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}

func resultName(p Page, part chat.Part) string {
	if part.Name != "" {
		return part.Name
	}
	return p.T("chat.result")
}
