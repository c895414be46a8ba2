package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/webhook"
)

// delivery waits below its webhook. When its document was created, as the store has it,
// is when its time comes: so the next one is the oldest.
type delivery struct {
	Identity `json:"-"`
	Event    string          `json:"event"`
	Body     json.RawMessage `json:"body"`
	Attempts int             `json:"attempts"`
}

// notice is the body of a delivery.
type notice struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Project string    `json:"projectId"`
	Prompt  string    `json:"prompt"`
	Event   string    `json:"event"`
	// Seq counts what its webhook is told of, from 1 on, in the order of the changes.
	Seq     int64          `json:"seq"`
	By      string         `json:"by,omitempty"`
	Changes []noticeChange `json:"changes"`
}

type noticeChange struct {
	Action     PromptAction `json:"action"`
	Version    int          `json:"version,omitempty"`
	Label      string       `json:"label,omitempty"`
	From       int          `json:"from,omitempty"`
	Experiment string       `json:"experiment,omitempty"`
	Variants   []Variant    `json:"variants,omitempty"`
	Message    string       `json:"message,omitempty"`
}

// enqueue puts a delivery into the outbox for each webhook that wants to know of the change, in the
// transaction that makes it: neither is there without the other.
func (e *promptEdit) enqueue() error {
	if len(e.history) == 0 {
		return nil
	}
	all, err := webhooks(e.tx)
	if err != nil {
		return err
	}
	changes := changesOf(e.history)
	for i := range all {
		w := &all[i]
		wanted := slices.DeleteFunc(slices.Clone(changes), func(change string) bool { return !slices.Contains(w.Events, change) })
		if len(wanted) == 0 {
			continue
		}
		waiting, err := pending(e.tx, w.ID)
		if err != nil {
			return err
		}
		w.Seq++
		if waiting >= MaxDeliveries {
			w.Lost++
		}
		if err := put(e.tx, kindWebhook, "", "", w); err != nil {
			return err
		}
		if waiting >= MaxDeliveries {
			continue
		}
		if err := e.enqueueFor(w, mostTelling(wanted)); err != nil {
			return err
		}
		e.woken = append(e.woken, w.ID)
	}
	return nil
}

func (e *promptEdit) enqueueFor(w *keptWebhook, event string) error {
	d := &delivery{Identity: Identity{ID: newID()}, Event: event}
	n := notice{ID: d.ID, At: e.now.UTC(), Project: w.ProjectID, Prompt: e.p.Name, Event: event, Seq: w.Seq, By: e.by.String()}
	for _, h := range e.history {
		n.Changes = append(n.Changes, noticeChange{h.Action, h.Version, h.Label, h.From, h.Experiment, h.Variants, h.Message})
	}
	var err error
	if d.Body, err = encode(n); err != nil {
		return err
	}
	return put(e.tx, kindDelivery, w.ID, "", d)
}

// outbox is a [webhook.Outbox].
type outbox struct{ *Catalog }

// Outbox is where deliveries to webhooks wait.
func (c *Catalog) Outbox() webhook.Outbox { return outbox{c} }

// Targets implements [webhook.Outbox].
func (o outbox) Targets(ctx context.Context) (targets []webhook.Target, err error) {
	projects, err := o.store.Projects(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range projects {
		kept, err := webhooks(o.reader(ctx, p.ID))
		if err != nil {
			return nil, err
		}
		for _, w := range kept {
			targets = append(targets, webhook.Target{ProjectID: p.ID, ID: w.ID})
		}
	}
	return targets, nil
}

// Claim implements [webhook.Outbox].
func (o outbox) Claim(ctx context.Context, t webhook.Target, now time.Time) (claimed *webhook.Delivery, next time.Time, err error) {
	oldest := store.DocumentQuery{Kind: kindDelivery, Parent: t.ID, Ascending: true, Page: store.Page{Limit: 1}}
	first, _, err := list[delivery](o.reader(ctx, t.ProjectID), oldest)
	switch {
	case err != nil || len(first) == 0:
		return nil, time.Time{}, err
	case first[0].CreatedAt.After(now):
		return nil, first[0].CreatedAt, nil
	}
	err = o.change(ctx, t.ProjectID, func(tx store.DocumentTx) error {
		claimed, next = nil, time.Time{}
		first, _, err := list[delivery](tx, oldest)
		if err != nil || len(first) == 0 {
			return err
		}
		d := &first[0]
		if d.CreatedAt.After(now) {
			next = d.CreatedAt
			return nil
		}
		w, err := read[keptWebhook](tx, kindWebhook, t.ID)
		if err != nil {
			return err
		}
		d.Attempts++
		claimed = &webhook.Delivery{Target: t, DeliveryID: d.ID, URL: w.URL, Secret: w.Secret, Event: d.Event, Body: d.Body, Attempt: d.Attempts}
		return postpone(tx, t.ID, d, now.Add(webhook.Pause(d.Attempts)))
	})
	if errors.Is(err, store.ErrNotFound) { // the webhook has been deleted
		return nil, time.Time{}, nil
	}
	if err == nil && claimed != nil && claimed.Attempt > webhook.MaxAttempts { // the process ended in the last one
		err = o.Finish(ctx, claimed, webhook.Result{At: now, Err: errors.New("the server ended meanwhile")})
		return nil, now, err
	}
	return claimed, next, err
}

// postpone has a delivery come later.
func postpone(tx store.DocumentTx, webhookID string, d *delivery, to time.Time) error {
	data, err := encode(d)
	if err != nil {
		return err
	}
	if err := tx.Delete(kindDelivery, d.ID); err != nil {
		return err
	}
	return tx.Put(store.Document{Kind: kindDelivery, ID: d.ID, Parent: webhookID, Data: data, CreatedAt: to})
}

// Finish implements [webhook.Outbox].
func (o outbox) Finish(ctx context.Context, d *webhook.Delivery, r webhook.Result) error {
	return o.change(ctx, d.ProjectID, func(tx store.DocumentTx) error {
		w, err := read[keptWebhook](tx, kindWebhook, d.ID)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		w.Last = &WebhookAttempt{At: r.At, Status: r.Status, Error: r.Reason()}
		if r.Err == nil || d.Attempt >= webhook.MaxAttempts {
			if err := tx.Delete(kindDelivery, d.DeliveryID); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if r.Err != nil {
				w.Lost++
			}
		}
		return put(tx, kindWebhook, "", "", w)
	})
}
