package catalog

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/langshark/langshark-go/server/auth"
	"github.com/langshark/langshark-go/server/store"
)

// APIKey is a key of a project, as far as it is shown.
type APIKey struct {
	PublicKey string
	// SecretKey is set where the key has just been made.
	SecretKey string
	// DisplaySecretKey is the end of the secret, by which people tell keys apart.
	DisplaySecretKey string
	Note             string // may be empty
	CreatedAt        time.Time
}

// apiKeyNote is what is kept of a key beside what lets it in.
type apiKeyNote struct {
	Identity         `json:"-"`
	Note             string `json:"note,omitempty"`
	DisplaySecretKey string `json:"displaySecretKey"`
}

const (
	publicPrefix = "pk-lf-"
	secretPrefix = "sk-lf-"
	// minSecret is how long a secret must be that somebody brings along: only a hash is kept,
	// which what is short could be guessed from.
	minSecret = 32
)

// CreateAPIKey makes a key, given as JSON: as one likes note, and publicKey with secretKey if
// they were made elsewhere. Whoever has the result has the secret, which is not kept.
func (c *Catalog) CreateAPIKey(ctx context.Context, projectID string, body []byte) (*APIKey, error) {
	o, err := parse(body)
	if err != nil {
		return nil, err
	}
	note, pair := o.short("note", MaxNameChars), auth.Pair{PublicKey: o.short("publicKey", MaxNameChars), SecretKey: o.short("secretKey", MaxNameChars)}
	switch {
	case pair == auth.Pair{} && o.err() == nil:
		if pair, err = auth.NewPair(); err != nil {
			return nil, err
		}
	case !ownKey(pair.PublicKey, publicPrefix, len(publicPrefix)+1):
		o.fail("publicKey", "custom", "must begin with %s and have letters, digits, - and _ after that; leave both keys out to have some made", publicPrefix)
	case !ownKey(pair.SecretKey, secretPrefix, minSecret):
		o.fail("secretKey", "custom", "must begin with %s and have at least %d characters, of letters, digits, - and _; leave both keys out to have some made", secretPrefix, minSecret)
	}
	if err := o.err(); err != nil {
		return nil, err
	}
	if removed, err := c.store.RemovedAPIKeys(ctx, pair.PublicKey); err != nil {
		return nil, err
	} else if len(removed) > 0 {
		return nil, errTaken(pair.PublicKey)
	}
	key, err := c.AddAPIKey(ctx, projectID, pair, note)
	if errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrRemoved) {
		return nil, errTaken(pair.PublicKey)
	}
	return key, err
}

// errTaken says of another project's key no more than of one's own.
func errTaken(publicKey string) error {
	return conflict("There is a key %s already, or was: send another publicKey, or none", publicKey)
}

// ownKey reports whether half a key that somebody brings along is one that can be sent and shown.
func ownKey(s, prefix string, least int) bool {
	return strings.HasPrefix(s, prefix) && len(s) >= least && !strings.ContainsFunc(s, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_'
	})
}

// AddAPIKey keeps a key. [store.ErrExists] says that its public half is that of another, or was
// another project's, [store.ErrRemoved] that this very key was taken away.
func (c *Catalog) AddAPIKey(ctx context.Context, projectID string, pair auth.Pair, note string) (*APIKey, error) {
	switch _, err := c.store.APIKey(ctx, pair.PublicKey); {
	case err == nil:
		return nil, fmt.Errorf("langshark: public key %q: %w", pair.PublicKey, store.ErrExists)
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	// The note goes first: a key of which nobody learns the secret would be there for good, while a note without a key is not seen.
	row := pair.Row(projectID, time.Now())
	kept := &apiKeyNote{Identity: Identity{ID: pair.PublicKey}, Note: note, DisplaySecretKey: display(pair.SecretKey)}
	if err := c.change(ctx, projectID, func(tx store.DocumentTx) error { return put(tx, kindAPIKey, "", "", kept) }); err != nil {
		return nil, err
	}
	if err := c.store.CreateAPIKey(ctx, row); err != nil {
		if _, there := c.store.APIKey(ctx, pair.PublicKey); errors.Is(there, store.ErrNotFound) { // else it is now another's note
			err = errors.Join(err, c.dropNote(ctx, projectID, pair.PublicKey))
		}
		return nil, err
	}
	return &APIKey{pair.PublicKey, pair.SecretKey, kept.DisplaySecretKey, note, row.CreatedAt}, nil
}

// display is what is shown of a secret: its end, if that is a small part of it.
func display(secret string) string {
	const shown = 4
	if len(secret) < minSecret {
		return "..."
	}
	prefix := ""
	if strings.HasPrefix(secret, secretPrefix) {
		prefix = secretPrefix
	}
	return prefix + "..." + secret[len(secret)-shown:]
}

// APIKeys lists the keys of a project, oldest first.
func (c *Catalog) APIKeys(ctx context.Context, projectID string) ([]APIKey, error) {
	rows, err := c.store.APIKeys(ctx, projectID)
	if err != nil {
		return nil, err
	}
	keys := make([]APIKey, len(rows))
	for i, row := range rows {
		keys[i] = APIKey{PublicKey: row.PublicKey, DisplaySecretKey: "...", CreatedAt: row.CreatedAt}
		switch kept, err := read[apiKeyNote](c.reader(ctx, projectID), kindAPIKey, row.PublicKey); {
		case err == nil:
			keys[i].Note, keys[i].DisplaySecretKey = kept.Note, kept.DisplaySecretKey
		case !errors.Is(err, store.ErrNotFound): // an older version has made it
			return nil, err
		}
	}
	return keys, nil
}

// DeleteAPIKey takes a key away for good. [store.ErrLastKey] says that the project has no other.
func (c *Catalog) DeleteAPIKey(ctx context.Context, projectID, publicKey string) error {
	err := c.store.DeleteAPIKey(ctx, projectID, publicKey)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return notFound("API key not found within authorized project")
	case err != nil:
		return err
	}
	return c.dropNote(ctx, projectID, publicKey)
}

// dropNote removes what is kept of a key beside what lets it in, if anything is.
func (c *Catalog) dropNote(ctx context.Context, projectID, publicKey string) error {
	err := c.change(ctx, projectID, func(tx store.DocumentTx) error { return tx.Delete(kindAPIKey, publicKey) })
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
