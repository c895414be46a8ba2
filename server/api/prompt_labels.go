package api

import (
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

type wireProtectedLabel struct {
	Label   string   `json:"label"`
	Keys    []string `json:"keys"`
	Roles   []string `json:"roles"`
	MayMove bool     `json:"mayMove"` // the key that asks
}

func (c *call) listProtectedLabels() {
	all, err := c.Catalog.ProtectedLabels(c.ctx(), c.access.ProjectID)
	if err != nil {
		c.fail(err)
		return
	}
	asks := catalog.Actor{PublicKey: c.access.PublicKey}
	write(c.w, http.StatusOK, dataOf[wireProtectedLabel]{convert(all, func(l *catalog.ProtectedLabel) wireProtectedLabel {
		return wireProtectedLabel{l.Label, l.Keys, l.Roles, l.MovableBy(asks)}
	})})
}
