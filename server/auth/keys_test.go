package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// someKeys is a store that has keys, and counts how often it is asked.
type someKeys struct {
	store.Store

	keys  map[string]store.APIKey
	asked int
}

func (s *someKeys) APIKey(_ context.Context, public string) (*store.APIKey, error) {
	s.asked++
	k, ok := s.keys[public]
	if !ok {
		return nil, store.ErrNotFound
	}
	return &k, nil
}

// TestForgetWhileReading doesn't remember a key that was taken away while it was being read.
func TestForgetWhileReading(t *testing.T) {
	s := &someKeys{keys: map[string]store.APIKey{"pk": {ProjectID: "p", PublicKey: "pk", SecretHash: Hash("sk")}}}
	k := NewKeys(forgetful{s, func() *Keys { return nil }})
	k.store = forgetful{s, func() *Keys { return k }}
	if _, err := k.key(t.Context(), "pk"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.key(t.Context(), "pk"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is let in again: %v", err)
	}
}

// forgetful takes a key away just after it was read.
type forgetful struct {
	*someKeys

	of func() *Keys
}

func (f forgetful) APIKey(ctx context.Context, public string) (*store.APIKey, error) {
	key, err := f.someKeys.APIKey(ctx, public)
	delete(f.keys, public)
	f.of().Forget(public)
	return key, err
}

// TestKeysAreRemembered looks for a key once in a while, and for one that is not there each time.
func TestKeysAreRemembered(t *testing.T) {
	s := &someKeys{keys: map[string]store.APIKey{"pk": {ProjectID: "p", PublicKey: "pk", SecretHash: Hash("sk")}}}
	k := NewKeys(s)
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	k.now = func() time.Time { return now }
	check := func(public, secret string) error {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.SetBasicAuth(public, secret)
		access, err := k.Check(r)
		if err == nil && (access.ProjectID != "p" || access.PublicKey != public) {
			t.Errorf("access %+v", access)
		}
		return err
	}
	for range 3 {
		if err := check("pk", "sk"); err != nil {
			t.Error(err)
		}
		if err := check("pk", "wrong"); !errors.Is(err, errCredentials) {
			t.Errorf("a wrong secret: %v", err)
		}
	}
	if s.asked != 1 {
		t.Errorf("asked %d times for one key", s.asked)
	}
	for range 2 {
		if err := check("none", "sk"); !errors.Is(err, errCredentials) {
			t.Errorf("no key: %v", err)
		}
	}
	if s.asked != 3 {
		t.Errorf("a key that is not there was remembered")
	}
	delete(s.keys, "pk")
	if err := check("pk", "sk"); err != nil {
		t.Errorf("within the memory: %v", err)
	}
	now = now.Add(KeyMemory)
	if err := check("pk", "sk"); !errors.Is(err, errCredentials) {
		t.Errorf("after it: %v", err)
	}
	s.keys["pk"] = store.APIKey{ProjectID: "p", PublicKey: "pk", SecretHash: Hash("sk")}
	if err := check("pk", "sk"); err != nil {
		t.Errorf("a key that has come back: %v", err)
	}
	delete(s.keys, "pk")
	k.Forget("pk")
	if err := check("pk", "sk"); !errors.Is(err, errCredentials) {
		t.Errorf("forgotten: %v", err)
	}
}

// TestSchemes lets a key in however its scheme is written.
func TestSchemes(t *testing.T) {
	k := NewKeys(&someKeys{keys: map[string]store.APIKey{"pk": {ProjectID: "p", PublicKey: "pk", SecretHash: Hash("sk")}}})
	pair := base64.StdEncoding.EncodeToString([]byte("pk:sk"))
	for header, want := range map[string]error{
		"Basic " + pair: nil, "basic " + pair: nil, "BASIC " + pair: nil, "Bearer pk": nil, "bearer pk": nil, "bEARER pk": nil,
		"basic ": errHeader, "bearer": errHeader, "Basics " + pair: errHeader, "Bear pk": errHeader, "bearer other": errPublicKey, "": errNoHeader,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		access, err := k.Check(r)
		if !errors.Is(err, want) || err == nil && access.PublicOnly != strings.EqualFold(header, "Bearer pk") {
			t.Errorf("%q: %+v, %v", header, access, err)
		}
	}
}
