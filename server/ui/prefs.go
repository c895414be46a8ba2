//go:build !noui

package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/langshark/langshark-go/server/ui/internal/message"
)

// The cookies that keep a viewer's choices. They have no Path: browsers take
// that of the address that set them, which is the dashboard's root.
const (
	langCookie  = "langshark_lang"
	themeCookie = "langshark_theme"
)

const yearSeconds = 365 * 24 * 60 * 60

var themes = []string{"auto", "light", "dark"}

func langOf(r *http.Request) message.Lang {
	if c, err := r.Cookie(langCookie); err == nil {
		if l, ok := message.Parse(c.Value); ok {
			return l
		}
	}
	return message.Accept(r.Header.Get("Accept-Language"))
}

func themeOf(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && slices.Contains(themes, c.Value) {
		return c.Value
	}
	return themes[0]
}

// setPrefs keeps a choice of language or theme and goes back.
func (h *handler) setPrefs(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	set := func(name, value string) {
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, MaxAge: yearSeconds, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	}
	if l, ok := message.Parse(r.PostFormValue("lang")); ok {
		set(langCookie, string(l))
	}
	if theme := r.PostFormValue("theme"); slices.Contains(themes, theme) {
		set(themeCookie, theme)
	}
	w.Header().Set("Location", backTo(r))
	w.WriteHeader(http.StatusSeeOther)
}

// backTo is the page that a form was sent from: a path on this host, whatever
// the Referer says.
func backTo(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "./"
	}
	path := from.EscapedPath()
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) {
		return "./"
	}
	if from.RawQuery != "" {
		path += "?" + from.RawQuery
	}
	return path
}
