package catalog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/webhook"
)

// Bounds of webhooks.
const (
	// MaxWebhooks is how many a project has.
	MaxWebhooks = 20
	// MaxDeliveries is how many may wait for one webhook. What comes on top is not sent.
	MaxDeliveries = 1000
)

// Webhook is an address that is told of changes of prompts.
type Webhook struct {
	Identity
	URL string
	// Events are the changes that it is told of; never empty.
	Events []string
	// Secret signs what is sent; it is there only when the webhook has just been made.
	Secret string
	// Last is the last attempt; nil if there was none.
	Last *WebhookAttempt
	// Pending deliveries wait, Lost ones were given up.
	Pending, Lost int64
}

// WebhookAttempt is what became of an attempt to deliver.
type WebhookAttempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitempty"` // 0 if no answer came
	Error  string    `json:"error,omitempty"`  // empty if it has arrived
}

// keptWebhook is a webhook as it is kept.
type keptWebhook struct {
	Identity `json:"-"`
	URL      string          `json:"url"`
	Events   []string        `json:"events"`
	Secret   string          `json:"secret"`
	Last     *WebhookAttempt `json:"last,omitempty"`
	Lost     int64           `json:"lost,omitempty"`
	Seq      int64           `json:"seq,omitempty"` // of the last change that it was to be told of
}

func (w *keptWebhook) public() *Webhook {
	return &Webhook{Identity: w.Identity, URL: w.URL, Events: w.Events, Last: w.Last, Lost: w.Lost}
}

// webhookHooks are what the catalog has others do.
type webhookHooks struct {
	check func(url string) error
	woken func(webhook.Target)
}

func (h webhookHooks) wake(projectID, id string) {
	if h.woken != nil {
		h.woken(webhook.Target{ProjectID: projectID, ID: id})
	}
}

// CheckWebhooksBy has check say what is wrong with the address of a new webhook. It is called
// before the catalog is used.
func (c *Catalog) CheckWebhooksBy(check func(url string) error) { c.webhooks.check = check }

// WakeBy has wake called with each webhook that has a new delivery, once that is committed. It is
// called before the catalog is used; wake must not wait.
func (c *Catalog) WakeBy(wake func(webhook.Target)) { c.webhooks.woken = wake }

// webhookEvents are what webhooks can be told of.
var webhookEvents = []string{ChangeVersion, ChangeLabels, ChangeTags, ChangeDelete, ChangeExperiment}

// CreateWebhook adds a webhook, given as JSON: url, and as one likes events, of which it has
// all if none are named.
func (c *Catalog) CreateWebhook(ctx context.Context, projectID string, body []byte) (*Webhook, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	url, events := o.needID("url"), webhookEvents
	if url != "" && c.webhooks.check != nil {
		if err := c.webhooks.check(url); err != nil {
			o.fail("url", "custom", "%v", err)
		}
	}
	if o.is("events", "array") {
		events = o.texts("events")
		for _, event := range events {
			if !slices.Contains(webhookEvents, event) {
				o.fail("events", "invalid_enum_value", "there is no event %.60q: use version, labels, tags, delete or experiment", event)
			}
		}
		if len(events) == 0 {
			o.fail("events", "too_small", "must have at least one event; leave it out for all")
		}
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	kept := &keptWebhook{Identity: Identity{ID: newID()}, URL: url, Events: events, Secret: webhook.NewSecret()}
	err = c.change(ctx, projectID, func(tx store.DocumentTx) error {
		have, err := webhooks(tx)
		if err != nil {
			return err
		}
		if len(have) >= MaxWebhooks {
			return refused("The project has %d webhooks: delete one first", MaxWebhooks)
		}
		return put(tx, kindWebhook, "", "", kept)
	})
	if err != nil {
		return nil, err
	}
	made := kept.public()
	made.Secret = kept.Secret
	return made, nil
}

func webhooks(r reader) ([]keptWebhook, error) {
	kept, _, err := list[keptWebhook](r, store.DocumentQuery{Kind: kindWebhook, Page: store.Page{Limit: MaxWebhooks}})
	return kept, err
}

// Webhooks lists those of a project, newest first.
func (c *Catalog) Webhooks(ctx context.Context, projectID string) ([]Webhook, error) {
	r := c.reader(ctx, projectID)
	kept, err := webhooks(r)
	if err != nil {
		return nil, err
	}
	all := make([]Webhook, len(kept))
	for i := range kept {
		all[i] = *kept[i].public()
		if all[i].Pending, err = pending(r, kept[i].ID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// pending is how many deliveries wait for a webhook.
func pending(r reader, webhookID string) (int64, error) {
	page, err := r.Documents(store.DocumentQuery{Kind: kindDelivery, Parent: webhookID, Page: store.Page{Limit: -1, Total: true}})
	return page.Total, err
}

// DeleteWebhook removes a webhook with what waits for it.
func (c *Catalog) DeleteWebhook(ctx context.Context, projectID, id string) error {
	err := c.change(ctx, projectID, func(tx store.DocumentTx) error {
		if len(id) > store.MaxDocumentName {
			return store.ErrNotFound
		}
		if err := tx.Delete(kindWebhook, id); err != nil {
			return err
		}
		page, err := tx.Documents(store.DocumentQuery{Kind: kindDelivery, Parent: id, Page: store.Page{Limit: MaxDeliveries}})
		if err != nil {
			return err
		}
		for _, d := range page.Documents {
			if err := tx.Delete(kindDelivery, d.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return notFound("Webhook not found: '%s'", id)
	}
	return err
}
