//go:build noui

package ui

import "net/http"

// New returns a handler that answers 404: this program was built without the dashboard.
func New(Config) http.Handler { return http.NotFoundHandler() }
