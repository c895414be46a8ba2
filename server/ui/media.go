//go:build !noui

package ui

// file answers with the content of a file that a payload refers to.
func (h *handler) file(q *request) error {
	if h.Media == nil {
		return errNoPage
	}
	q.w.Header().Set("Cross-Origin-Resource-Policy", "same-origin") // the sign-in opens it to no page elsewhere
	return h.Media(q.w, q.Request, q.page.Project.ID, q.PathValue("media"))
}
