package catalog_test

import (
	"errors"
	"testing"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
)

// reasonOf is the message of a refusal and what it was made of.
func reasonOf(t *testing.T, err error) (message string, reason ingest.Reason) {
	t.Helper()
	if e, ok := errors.AsType[*catalog.NotFoundError](err); ok {
		return e.Message, e.Reason
	}
	if e, ok := errors.AsType[*catalog.ConflictError](err); ok {
		return e.Message, e.Reason
	}
	if e, ok := errors.AsType[*catalog.ForbiddenError](err); ok {
		return e.Message, e.Reason
	}
	if e, ok := errors.AsType[*ingest.RequestError](err); ok {
		return e.Message, e.Reason
	}
	if e, ok := errors.AsType[ingest.FieldErrors](err); ok {
		return e[0].Message, e[0].Reason
	}
	t.Fatalf("%v is no refusal", err)
	return "", ingest.Reason{}
}

// TestRefusalsSayWhatTheyAlwaysSaid: messages are part of the API, and what they are made of adds up to them.
func TestRefusalsSayWhatTheyAlwaysSaid(t *testing.T) {
	c, _ := open(t)
	ctx := t.Context()
	create := func(v m) error {
		_, err := c.CreatePrompt(ctx, projectID, body(t, v))
		return err
	}
	label := func(name string, version int, v m) error {
		_, err := c.LabelPrompt(ctx, projectID, name, version, body(t, v))
		return err
	}
	rollback := func(v m) error {
		_, err := c.RollbackPrompt(ctx, projectID, body(t, v))
		return err
	}
	experiment := func(v m) error {
		_, err := c.SetExperiment(ctx, projectID, "tone", body(t, v))
		return err
	}
	for _, name := range []string{"base", "base", "locked", "tested", "tested", "changing"} {
		do(t, c.CreatePrompt, m{"name": name, "prompt": "x", "labels": l{"production"}})
	}
	for range 7 {
		do(t, c.CreatePrompt, m{"name": "above", "prompt": byVersion("base", 1) + byLabel("base", "production"), "labels": l{"production"}})
	}
	do(t, c.CreatePrompt, m{"name": "top", "prompt": byLabel("changing", "production"), "labels": l{"production"}})
	if err := experiment(m{"prompt": "tested", "variants": l{m{"name": "a", "version": 1, "weight": 10}}}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []catalog.ProtectedLabel{{Label: "keys", Keys: []string{"b", "a"}}, {Label: "roles", Roles: []string{"r"}}, {Label: "both", Keys: []string{"a"}, Roles: []string{"r"}}, {Label: "none"}} {
		if err := c.ProtectLabel(ctx, projectID, p); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		err  error
		want string
	}{
		{create(m{"name": "n", "prompt": byLabel("none", "staging")}), "Prompt n refers to 'none' with label 'staging', which isn't there: create it, move the label, or change the reference"},
		{create(m{"name": "base", "prompt": byVersion("above", 1), "labels": l{"production"}}), "Prompt references go round in a circle: base → above → base"},
		{create(m{"name": "changing", "prompt": byLabel("top", "production"), "labels": l{"production"}}), "Prompt references go round in a circle: changing → top → changing"},
		{c.DeletePrompt(ctx, projectID, "base", catalog.PromptSelection{Version: 1}), "Prompt 'base' is referred to by 'above' version 7 (by version 1), 'above' version 6 (by version 1), 'above' version 5 (by version 1), 'above' version 4 (by version 1), 'above' version 3 (by version 1) and 2 more: change or delete those first"},
		{c.DeletePrompt(ctx, projectID, "tested", catalog.PromptSelection{Version: 1}), "Version 1 of prompt 'tested' is in experiment 'tone': change or delete that first"},
		{label("base", 9, m{"newLabels": l{"a"}}), "Prompt not found: 'base' with version 9"},
		{label("base", 0, m{"newLabels": l{"a"}}), "Prompt not found: 'base' with version 0"},
		{label("base", 1, m{"newLabels": l{"a"}, "expect": m{"production": 1, "staging": 0}}), "Label 'production' of prompt 'base' is on version 2, not on version 1 as expected: look at what has changed, then ask again"},
		{label("base", 1, m{"newLabels": l{"a"}, "expect": m{"staging": 7}}), "Label 'staging' of prompt 'base' is on no version, not on version 7 as expected: look at what has changed, then ask again"},
		{label("base", 1, m{"newLabels": l{"A b"}}), `label "A b": use lower-case letters, digits, underscores, hyphens and periods`},
		{label("locked", 1, m{"newLabels": l{"keys"}}), "Label 'keys' of prompt 'locked' is protected: only the keys a, b may move it"},
		{label("locked", 1, m{"newLabels": l{"roles"}}), "Label 'roles' of prompt 'locked' is protected: only the roles r may move it"},
		{label("locked", 1, m{"newLabels": l{"both"}}), "Label 'both' of prompt 'locked' is protected: only the keys a and the roles r may move it"},
		{label("locked", 1, m{"newLabels": l{"none"}}), "Label 'none' of prompt 'locked' is protected: only who runs the server may move it"},
		{rollback(m{"name": "locked"}), "Label 'production' of prompt 'locked' was on no other version before that is still there: name the version to move it to"},
		{rollback(m{"name": "gone"}), "Prompt not found: 'gone'"},
		{c.DeletePrompt(ctx, projectID, "locked", catalog.PromptSelection{Label: "x"}), "Prompt not found: 'locked' with label 'x'"},
		{experiment(m{"prompt": "base", "variants": l{m{"name": "a", "version": 1, "weight": 9000}, m{"name": "b", "version": 2, "weight": 1001}}}), "weights add up to 10001: there are 10000 buckets to give"},
		{c.DeleteExperiment(ctx, projectID, "base", "tone", 0), "Experiment not found: 'tone' on prompt 'base'"},
	} {
		message, reason := reasonOf(t, x.err)
		if message != x.want || reason.String() != x.want {
			t.Errorf("got  %q\n     %q\nwant %q", message, reason, x.want)
		}
	}
}
