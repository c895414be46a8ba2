package api

import (
	"net/http"

	"github.com/langshark/langshark-go/server/catalog"
)

type wireWebhook struct {
	ID        string              `json:"id"`
	URL       string              `json:"url"`
	Events    []string            `json:"events"`
	Secret    string              `json:"secret,omitempty"` // only when it has just been made
	Last      *wireWebhookAttempt `json:"lastAttempt"`
	Pending   int64               `json:"pending"`
	Lost      int64               `json:"lost"`
	CreatedAt instant             `json:"createdAt"`
}

type wireWebhookAttempt struct {
	At     instant `json:"at"`
	Status int     `json:"status,omitempty"`
	Error  orNull  `json:"error"`
}

func webhookOnWire(h *catalog.Webhook) wireWebhook {
	w := wireWebhook{ID: h.ID, URL: h.URL, Events: h.Events, Secret: h.Secret, Pending: h.Pending, Lost: h.Lost, CreatedAt: instant(h.CreatedAt)}
	if h.Last != nil {
		w.Last = &wireWebhookAttempt{instant(h.Last.At), h.Last.Status, orNull(h.Last.Error)}
	}
	return w
}

func (c *call) listWebhooks() {
	all, err := c.Catalog.Webhooks(c.ctx(), c.access.ProjectID)
	if err != nil {
		c.fail(err)
		return
	}
	write(c.w, http.StatusOK, dataOf[wireWebhook]{convert(all, webhookOnWire)})
}

func (c *call) postWebhook() { change(c, http.StatusCreated, c.Catalog.CreateWebhook, webhookOnWire) }

func (c *call) deleteWebhook() {
	if err := c.Catalog.DeleteWebhook(c.acting(), c.access.ProjectID, c.params["id"]); err != nil {
		c.fail(err)
		return
	}
	c.w.WriteHeader(http.StatusNoContent)
}
