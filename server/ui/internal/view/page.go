// Package view holds the dashboard's pages as templ components and what they
// are filled with. It reads nothing itself; every text from a trace becomes a
// text node or an escaped attribute.
package view

import (
	"net/url"
	"strings"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/message"
)

// Page is what every page needs.
type Page struct {
	message.Printer
	// Title stands in the title bar.
	Title string
	// Root leads from the page's address to the dashboard's root: "./", "../" and so on.
	Root string
	// Nav is the current entry of the navigation: "traces", "sessions", "search" or "prompts".
	Nav string
	// Prompts says that there are pages of prompts.
	Prompts bool
	// Theme is "light", "dark" or "auto".
	Theme string
	// Project is the one in view; nil on pages outside of projects.
	Project  *store.Project
	Projects []store.Project
	// Viewer is who is signed in; may be empty.
	Viewer string
	// Asset returns the file name, with its hash, of an asset.
	Asset func(name string) string
}

// otherLang is the language the switch leads to.
func (p Page) otherLang() string {
	if p.Lang() == message.Korean {
		return string(message.English)
	}
	return string(message.Korean)
}

// nextTheme is what the theme switch leads to.
func (p Page) nextTheme() string {
	switch p.Theme {
	case "light":
		return "dark"
	case "dark":
		return "auto"
	}
	return "light"
}

func (p Page) themeIcon() string {
	switch p.Theme {
	case "light":
		return "sun"
	case "dark":
		return "moon"
	}
	return "auto"
}

func (p Page) asset(name string) string { return p.Root + "assets/" + p.Asset(name) }

// ProjectURL is the address of a page of the project in view.
func (p Page) ProjectURL(path ...string) string {
	id := ""
	if p.Project != nil {
		id = p.Project.ID
	}
	return p.projectURL(id, path...)
}

func (p Page) projectURL(id string, path ...string) string {
	var b strings.Builder
	b.WriteString(p.Root + "project/" + url.PathEscape(id))
	for _, s := range path {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

// SearchURL is the address of a search in inputs and outputs. Empty values are left out.
func (p Page) SearchURL(q, within, after string) string {
	values := url.Values{}
	for name, value := range map[string]string{"q": q, "range": within, "after": after} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return p.ProjectURL("search")
	}
	return p.ProjectURL("search") + "?" + values.Encode()
}

// tracesBy is the address of the list narrowed to one value.
func (p Page) tracesBy(param, value string) string {
	return p.ProjectURL("traces") + "?" + url.Values{param: {value}}.Encode()
}
