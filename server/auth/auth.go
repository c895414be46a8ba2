// Package auth says who sends a request: an application with the keys of a
// project, or a person who looks at the dashboard.
package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/server/store"
)

// Access is what a key lets its holder do.
type Access struct {
	ProjectID string
	// PublicKey is the public half of the key.
	PublicKey string
	// PublicOnly says that only the public half was shown, which may send scores.
	PublicOnly bool
}

// Error is why a request is not let in. Its text is part of the wire.
type Error struct{ Message string }

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// The reasons that clients know by their text.
var (
	errNoHeader    = &Error{"No authorization header"}
	errHeader      = &Error{"Invalid authorization header"}
	errCharacter   = &Error{"Invalid character. " + hostHint}
	errHeaderHint  = &Error{"Invalid authorization header. " + hostHint}
	errCredentials = &Error{"Invalid credentials. " + hostHint}
	errPublicKey   = &Error{"Invalid public key. " + hostHint}
)

const hostHint = "Confirm that you've configured the correct host."

// Keys checks the keys of applications. It remembers each key that it has found for
// [KeyMemory]: with many small requests, looking for it was a sixteenth of all work.
type Keys struct {
	store store.Store
	now   func() time.Time

	mu     sync.RWMutex
	known  map[string]knownKey
	forgot int64 // how often a key was forgotten
}

type knownKey struct {
	key   store.APIKey
	until time.Time
}

// KeyMemory is how long a key that was taken away by another process is let in still, at most.
const KeyMemory = 2 * time.Second

// maxKnown is how many keys are remembered; they are real ones, and so few.
const maxKnown = 10_000

// NewKeys returns a checker of the keys in s.
func NewKeys(s store.Store) *Keys {
	return &Keys{store: s, now: time.Now, known: map[string]knownKey{}}
}

// Forget has a key looked for the next time.
func (k *Keys) Forget(publicKey string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forgot++
	delete(k.known, publicKey)
}

// key finds a key by its public half.
func (k *Keys) key(ctx context.Context, public string) (*store.APIKey, error) {
	now := k.now()
	k.mu.RLock()
	found, ok := k.known[public]
	forgot := k.forgot
	k.mu.RUnlock()
	if ok && now.Before(found.until) {
		return &found.key, nil
	}
	key, err := k.store.APIKey(ctx, public)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.forgot != forgot { // maybe this one, after it was read
		return key, nil
	}
	if len(k.known) >= maxKnown {
		clear(k.known)
	}
	k.known[public] = knownKey{*key, now.Add(KeyMemory)}
	return key, nil
}

// Check reads the Authorization header: Basic with both halves of a key, or
// Bearer with the public half. It returns an [*Error] if the request is not let in.
func (k *Keys) Check(r *http.Request) (Access, error) {
	header := r.Header.Get("Authorization")
	scheme, rest, _ := strings.Cut(header, " ")
	switch {
	case header == "":
		return Access{}, errNoHeader
	case strings.EqualFold(scheme, "Basic") && rest != "": // RFC 9110, section 11.1
		return k.basic(r.Context(), rest)
	case strings.EqualFold(scheme, "Bearer") && rest != "":
		return k.bearer(r.Context(), rest)
	}
	return Access{}, errHeader
}

func (k *Keys) basic(ctx context.Context, encoded string) (Access, error) {
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !utf8.Valid(decoded) {
		return Access{}, errCharacter
	}
	public, secret, _ := strings.Cut(string(decoded), ":")
	if public == "" || secret == "" {
		return Access{}, errHeaderHint
	}
	key, err := k.key(ctx, public)
	if errors.Is(err, store.ErrNotFound) {
		key, err = &store.APIKey{SecretHash: make([]byte, sha256.Size)}, nil // as much work as for a key that exists
	}
	if err != nil {
		return Access{}, err
	}
	if subtle.ConstantTimeCompare(Hash(secret), key.SecretHash) != 1 || key.ProjectID == "" {
		return Access{}, errCredentials
	}
	return Access{ProjectID: key.ProjectID, PublicKey: public}, nil
}

func (k *Keys) bearer(ctx context.Context, public string) (Access, error) {
	key, err := k.key(ctx, public)
	if errors.Is(err, store.ErrNotFound) {
		return Access{}, errPublicKey
	}
	if err != nil {
		return Access{}, err
	}
	return Access{ProjectID: key.ProjectID, PublicKey: public, PublicOnly: true}, nil
}

// Pair is a key in full. The secret half is shown once and never kept.
type Pair struct {
	PublicKey string
	SecretKey string
}

// NewPair makes a key of 122 random bits a half, in the form clients know.
func NewPair() (Pair, error) {
	public, err := uuid.NewRandom()
	if err != nil {
		return Pair{}, fmt.Errorf("langshark: new key: %w", err)
	}
	secret, err := uuid.NewRandom()
	if err != nil {
		return Pair{}, fmt.Errorf("langshark: new key: %w", err)
	}
	return Pair{PublicKey: "pk-lf-" + public.String(), SecretKey: "sk-lf-" + secret.String()}, nil
}

// Row is what the store keeps of a key.
func (p Pair) Row(projectID string, now time.Time) store.APIKey {
	return store.APIKey{ProjectID: projectID, PublicKey: p.PublicKey, SecretHash: Hash(p.SecretKey), CreatedAt: now}
}

// Hash is the form in which a secret is kept: keys are random, so that a plain
// SHA-256 can't be reversed by guessing.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
