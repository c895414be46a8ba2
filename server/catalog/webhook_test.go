package catalog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/webhook"
)

func TestWebhooks(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	c.CheckWebhooksBy(func(url string) error {
		if strings.HasPrefix(url, "http://10.") {
			return errors.New("is within the network")
		}
		return nil
	})
	all := do(t, c.CreateWebhook, m{"url": "https://a.example/hook"})
	some := do(t, c.CreateWebhook, m{"url": "https://b.example", "events": l{"labels", "delete"}})
	if all.ID == some.ID || all.Secret == some.Secret || !strings.HasPrefix(all.Secret, "whsec_") || len(all.Events) != 5 || !slices.Equal(some.Events, []string{"labels", "delete"}) {
		t.Errorf("%+v, %+v", all, some)
	}
	list, err := c.Webhooks(ctx, projectID)
	if err != nil || len(list) != 2 || list[0].ID != some.ID || list[0].Secret != "" || list[0].Last != nil || list[0].Pending != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, x := range []struct {
		v    any
		want []string
	}{
		{m{}, []string{"url"}},
		{m{"url": "http://10.0.0.1"}, []string{"url"}},
		{m{"url": "https://a.example", "events": l{"labels", "x"}}, []string{"events"}},
		{m{"url": "https://a.example", "events": l{}}, []string{"events"}},
		{m{"url": 1, "events": "x"}, []string{"url", "events"}},
	} {
		_, err := c.CreateWebhook(ctx, projectID, body(t, x.v))
		wantFields(t, fmt.Sprint(x.v), err, x.want...)
	}
	if err := c.DeleteWebhook(ctx, projectID, some.ID); err != nil {
		t.Error(err)
	}
	wantNotFound(t, "one that was deleted", c.DeleteWebhook(ctx, projectID, some.ID))
	for range catalog.MaxWebhooks - 1 {
		do(t, c.CreateWebhook, m{"url": "https://a.example"})
	}
	_, err = c.CreateWebhook(ctx, projectID, body(t, m{"url": "https://a.example"}))
	wantRefusal(t, "one too many", err, "20 webhooks")
}

// claim takes the delivery that is due at a time.
func claim(t *testing.T, c *catalog.Catalog, id string, now time.Time) (*webhook.Delivery, time.Time) {
	t.Helper()
	d, next, err := c.Outbox().Claim(t.Context(), webhook.Target{ProjectID: projectID, ID: id}, now)
	if err != nil {
		t.Fatal(err)
	}
	return d, next
}

func finish(t *testing.T, c *catalog.Catalog, d *webhook.Delivery, status int, err error) {
	t.Helper()
	if err := c.Outbox().Finish(t.Context(), d, webhook.Result{At: time.Now(), Status: status, Err: err}); err != nil {
		t.Fatal(err)
	}
}

func TestOutbox(t *testing.T) {
	c, _ := open(t)
	ctx := catalog.WithActor(t.Context(), catalog.Actor{Name: "김"})
	var woken []webhook.Target
	c.WakeBy(func(target webhook.Target) { woken = append(woken, target) })
	all, labels := do(t, c.CreateWebhook, m{"url": "https://a.example"}), do(t, c.CreateWebhook, m{"url": "https://b.example", "events": l{"labels"}})
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "x"})
	_, err := c.CreatePrompt(ctx, projectID, body(t, m{"name": "p", "prompt": byVersion("none", 1)}))
	wantRefused(t, "a change that isn't made", err)
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "y", "labels": l{"production"}})
	if _, err := c.LabelPrompt(ctx, projectID, "p", 1, body(t, m{"newLabels": l{"production"}, "message": "<b>"})); err != nil {
		t.Fatal(err)
	}
	if len(woken) != 5 || woken[0] != (webhook.Target{ProjectID: projectID, ID: all.ID}) {
		t.Errorf("woken %v", woken)
	}
	now := time.Now().Add(time.Second)
	var bodies []string
	for range 3 {
		d, _ := claim(t, c, all.ID, now)
		var n struct {
			ID, Prompt, Event, By, ProjectID string
			At                               time.Time
			Seq                              int64
			Changes                          []map[string]any
		}
		if err := json.Unmarshal(d.Body, &n); err != nil || n.ID != d.DeliveryID || n.At.IsZero() || n.ProjectID != projectID || d.URL != "https://a.example" || d.Secret != all.Secret || d.Attempt != 1 || d.Event != n.Event {
			t.Errorf("%+v: %s, %v", d, d.Body, err)
		}
		if n.Seq != int64(len(bodies)+1) {
			t.Errorf("%s is number %d, want %d", n.ID, n.Seq, len(bodies)+1)
		}
		bodies = append(bodies, fmt.Sprint(n.Event, n.By, n.Prompt, n.Changes))
		finish(t, c, d, 200, nil)
	}
	want := []string{
		"versionp[map[action:create version:1]]",
		"versionp[map[action:create version:2] map[action:label label:production version:2]]",
		"labels김p[map[action:label from:2 label:production message:<b> version:1]]",
	}
	if !slices.Equal(bodies, want) {
		t.Errorf("%q, want %q", bodies, want)
	}
	if d, next := claim(t, c, all.ID, now); d != nil || !next.IsZero() {
		t.Errorf("more than there is: %+v, %v", d, next)
	}

	// The other one fails, and comes again when its time has come, also without a word of what became of it.
	first, _ := claim(t, c, labels.ID, now)
	second, _ := claim(t, c, labels.ID, now)
	if first == nil || second == nil || first.DeliveryID == second.DeliveryID || first.Event != "labels" { // though it was a new version too
		t.Fatalf("%+v, %+v", first, second)
	}
	finish(t, c, second, 204, nil)
	at := now
	for attempt := 2; attempt <= webhook.MaxAttempts; attempt++ {
		d, next := claim(t, c, labels.ID, at)
		if pause := webhook.Pause(attempt - 1); d != nil || next.Sub(at).Abs() < pause-time.Millisecond || next.Sub(at) > pause {
			t.Fatalf("attempt %d too early: %+v, %v", attempt, d, next.Sub(at))
		}
		at = next
		if d, _ = claim(t, c, labels.ID, at); d == nil || d.Attempt != attempt || d.DeliveryID != first.DeliveryID {
			t.Fatalf("attempt %d: %+v", attempt, d)
		}
		if attempt%2 == 0 {
			finish(t, c, d, 503, errors.New("it answered 503"))
		}
		first = d
	}
	list, err := c.Webhooks(ctx, projectID)
	if err != nil || list[0].Pending != 0 || list[0].Lost != 1 || list[0].Last == nil || list[0].Last.Status != 503 || list[0].Last.Error != "it answered 503" ||
		list[1].Lost != 0 || list[1].Last.Error != "" || list[1].Last.Status != 200 {
		t.Errorf("%+v, %v", list, err)
	}

	// One whose last attempt the process didn't survive is given up.
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "z", "labels": l{"production"}})
	at = time.Now().Add(time.Second)
	for range webhook.MaxAttempts {
		if d, _ := claim(t, c, labels.ID, at); d == nil {
			t.Fatal("nothing to claim")
		}
		at = at.Add(time.Hour)
	}
	if d, _ := claim(t, c, labels.ID, at); d != nil {
		t.Errorf("tried once more: %+v", d)
	}
	if list, err = c.Webhooks(ctx, projectID); err != nil || list[0].Lost != 2 || list[0].Pending != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	targets, err := c.Outbox().Targets(ctx)
	if err != nil || len(targets) != 2 {
		t.Errorf("targets %v, %v", targets, err)
	}

	// A webhook that is deleted takes along what waits for it.
	d, _ := claim(t, c, all.ID, time.Now().Add(time.Second))
	if err := c.DeleteWebhook(ctx, projectID, all.ID); err != nil || d == nil {
		t.Fatal(err)
	}
	finish(t, c, d, 200, nil)
	if again, next := claim(t, c, all.ID, time.Now().Add(time.Hour)); again != nil || !next.IsZero() {
		t.Errorf("%+v, %v", again, next)
	}
}

// TestOutboxIsBounded counts what there is no room for.
func TestOutboxIsBounded(t *testing.T) {
	c, _ := open(t)
	do(t, c.CreateWebhook, m{"url": "https://a.example"})
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "x"})
	do(t, c.CreatePrompt, m{"name": "p", "prompt": "y"})
	for i := range catalog.MaxDeliveries {
		if _, err := c.LabelPrompt(context.WithoutCancel(t.Context()), projectID, "p", 1+i%2, body(t, m{"newLabels": l{"x"}})); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := c.Webhooks(t.Context(), projectID); err != nil || list[0].Pending != catalog.MaxDeliveries || list[0].Lost != 2 {
		t.Errorf("%+v, %v", list, err)
	}
}
