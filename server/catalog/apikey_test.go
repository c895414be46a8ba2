package catalog_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/auth"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// TestAPIKeys makes keys, shows of their secrets the end, and leaves the last one.
func TestAPIKeys(t *testing.T) {
	c, s := open(t)
	if err := s.CreateAPIKey(t.Context(), store.APIKey{ProjectID: projectID, PublicKey: "older", SecretHash: []byte{1}}); err != nil {
		t.Fatal(err)
	}
	made := do(t, c.CreateAPIKey, m{"note": "for CI"})
	if !strings.HasPrefix(made.PublicKey, "pk-lf-") || !strings.HasPrefix(made.SecretKey, "sk-lf-") || made.DisplaySecretKey != "sk-lf-..."+made.SecretKey[len(made.SecretKey)-4:] {
		t.Errorf("%+v", made)
	}
	row, err := s.APIKey(t.Context(), made.PublicKey)
	if err != nil || !bytes.Equal(row.SecretHash, auth.Hash(made.SecretKey)) {
		t.Errorf("%+v, %v", row, err)
	}
	own := do(t, c.CreateAPIKey, m{"publicKey": "pk-lf-own_1", "secretKey": "sk-lf-" + strings.Repeat("x", 26), "note": nil})
	if own.PublicKey != "pk-lf-own_1" || own.Note != "" {
		t.Errorf("%+v", own)
	}
	if key, err := c.AddAPIKey(t.Context(), projectID, auth.Pair{PublicKey: "short", SecretKey: "secret"}, ""); err != nil || key.DisplaySecretKey != "..." {
		t.Errorf("of a short secret it shows %+v, %v", key, err)
	}
	list, err := c.APIKeys(t.Context(), projectID)
	if err != nil || len(list) != 4 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, k := range list {
		if k.SecretKey != "" {
			t.Errorf("the list has a secret: %+v", k)
		}
		switch k.PublicKey {
		case "older":
			if k.DisplaySecretKey != "..." {
				t.Errorf("%+v", k)
			}
		case made.PublicKey:
			if k.Note != "for CI" || k.DisplaySecretKey != made.DisplaySecretKey {
				t.Errorf("%+v", k)
			}
		}
	}
	for _, public := range []string{"older", own.PublicKey, "short"} {
		if err := c.DeleteAPIKey(t.Context(), projectID, public); err != nil {
			t.Error(err)
		}
	}
	if err := c.DeleteAPIKey(t.Context(), projectID, "older"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	if err := c.DeleteAPIKey(t.Context(), projectID, made.PublicKey); !errors.Is(err, store.ErrLastKey) {
		t.Errorf("the last one: %v", err)
	}
	// A key that comes back does not have the note of its predecessor.
	if err := s.CreateAPIKey(t.Context(), store.APIKey{ProjectID: projectID, PublicKey: own.PublicKey, SecretHash: []byte{1}}); err != nil {
		t.Fatal(err)
	}
	if list, err := c.APIKeys(t.Context(), projectID); err != nil || len(list) != 2 || list[0].DisplaySecretKey != "..." {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestAPIKeyErrors names the field of each.
func TestAPIKeyErrors(t *testing.T) {
	c, _ := open(t)
	secret := "sk-lf-" + strings.Repeat("x", 26)
	for _, x := range []struct {
		body m
		want string
	}{
		{m{"note": strings.Repeat("x", 256)}, "note"},
		{m{"note": 1}, "note"},
		{m{"publicKey": "pk-lf-a"}, "secretKey"},
		{m{"secretKey": secret}, "publicKey"},
		{m{"publicKey": "pk-lf-", "secretKey": secret}, "publicKey"},
		{m{"publicKey": "pk-lf-a:b", "secretKey": secret}, "publicKey"},
		{m{"publicKey": "other", "secretKey": secret}, "publicKey"},
		{m{"publicKey": "pk-lf-a", "secretKey": secret[1:]}, "secretKey"},
		{m{"publicKey": "pk-lf-a", "secretKey": "sk-lf-short"}, "secretKey"},
	} {
		_, err := c.CreateAPIKey(t.Context(), projectID, body(t, x.body))
		fields, ok := ingest.IsInvalid(err)
		if !ok || strings.Join(fields[0].Path, ".") != x.want || strings.Contains(err.Error(), secret) {
			t.Errorf("%v: %v, want an error of %s", x.body, err, x.want)
		}
	}
	do(t, c.CreateAPIKey, m{"publicKey": "pk-lf-a", "secretKey": secret})
	if _, err := c.CreateAPIKey(t.Context(), projectID, body(t, m{"publicKey": "pk-lf-a", "secretKey": secret})); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("twice: %v", err)
	}
}

// TestRefusedKeysLeaveNothing has a key that was taken away come back neither by the API nor otherwise, and leave no note.
func TestRefusedKeysLeaveNothing(t *testing.T) {
	c, s := open(t)
	secret := "sk-lf-" + strings.Repeat("x", 26)
	pair := m{"publicKey": "pk-lf-gone", "secretKey": secret, "note": "first"}
	do(t, c.CreateAPIKey, m{})
	do(t, c.CreateAPIKey, pair)
	if err := c.DeleteAPIKey(t.Context(), projectID, "pk-lf-gone"); err != nil {
		t.Fatal(err)
	}
	var conflict *catalog.ConflictError
	for _, secret := range []string{secret, secret + "y"} {
		if _, err := c.CreateAPIKey(t.Context(), projectID, body(t, m{"publicKey": "pk-lf-gone", "secretKey": secret})); !errors.As(err, &conflict) || !strings.Contains(conflict.Message, "pk-lf-gone") {
			t.Errorf("by the API: %v", err)
		}
	}
	if _, err := c.AddAPIKey(t.Context(), projectID, auth.Pair{PublicKey: "pk-lf-gone", SecretKey: secret}, "again"); !errors.Is(err, store.ErrRemoved) {
		t.Errorf("by whoever runs the server: %v", err)
	}
	page, err := s.Documents(t.Context(), projectID, store.DocumentQuery{Kind: "api-key"})
	if err != nil || len(page.Documents) != 1 {
		t.Errorf("notes: %+v, %v", page.Documents, err)
	}
	if key, err := c.AddAPIKey(t.Context(), projectID, auth.Pair{PublicKey: "pk-lf-gone", SecretKey: secret + "y"}, "second"); err != nil || key.Note != "second" {
		t.Errorf("with another secret: %+v, %v", key, err)
	}
}
