//go:build !noui

package ui

// file answers with the content of a file that a payload refers to.
func (h *handler) file(q *request) error {
	if h.Media == nil {
		return errNoPage
	}
	return h.Media(q.w, q.Request, q.page.Project.ID, q.PathValue("media"))
}
