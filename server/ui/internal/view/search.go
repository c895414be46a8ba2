package view

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/langshark/langshark-go/server/store"
)

// Search is the page of a search in inputs and outputs.
type Search struct {
	Page
	// Q and Range are what the form shows, as in the address. Without Q nothing was looked for.
	Q, Range string
	Hits     []Hit
	// Older is the address of the next page; empty at the end. A page without
	// hits may have one.
	Older string
	// Later says that the page is not the first one.
	Later bool
	// Bad says that Q can't be looked for.
	Bad bool
}

// Hit is something found.
type Hit struct {
	store.SearchHit
	// URL leads to the trace, with the observation selected if it is one's.
	URL string
	// Snippet is the text around what was found.
	Snippet []Piece
}

// Piece is a part of a text that is what was looked for, or isn't.
type Piece struct {
	Text  string
	Found bool
}

// marked writes the pieces one after the other, with nothing between them:
// what is found is often a part of a word.
func marked(pieces []Piece) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		for _, p := range pieces {
			text := templ.EscapeString(p.Text)
			if p.Found {
				text = "<mark>" + text + "</mark>"
			}
			if _, err := io.WriteString(w, text); err != nil {
				return err
			}
		}
		return nil
	})
}
