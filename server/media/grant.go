package media

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// grantTime is how long a signed address holds, as Langfuse's do.
const grantTime = time.Hour

// ErrGrant says that an address is not signed by this server, for another thing, or too old.
var ErrGrant = errors.New("the signature of this address is wrong or has expired: ask for a new one")

// Grant is what a signed address lets its holder do: send a content, or read it.
type Grant struct {
	Upload    bool   `json:"u,omitempty"`
	ProjectID string `json:"p"`
	MediaID   string `json:"m"`
	Expires   int64  `json:"e"` // Unix seconds
	// Of an upload, what must come.
	ContentType   string `json:"t,omitempty"`
	ContentLength int64  `json:"l,omitempty"`
	SHA256        string `json:"h,omitempty"`
}

// signer makes and checks grants. Its key is in the folder from when it first signs.
type signer struct {
	dir string
	key []byte

	mu    sync.Mutex
	saved bool
}

const (
	keyName  = "key"
	keyBytes = 32
)

// newSigner reads the key in a folder. If there is none it makes one, kept when it is first
// used if write is set; else it signs for as long as the process lives.
func newSigner(dir string, write bool) (*signer, error) {
	name := filepath.Join(dir, keyName)
	key, err := os.ReadFile(name)
	switch {
	case err == nil && len(key) == keyBytes:
		return &signer{key: key, saved: true}, nil
	case err == nil:
		return nil, fmt.Errorf("langshark: %s has %d bytes, not %d: remove it, and addresses that were signed with it are void", name, len(key), keyBytes)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("langshark: key of media: %w", err)
	}
	key = make([]byte, keyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("langshark: key of media: %w", err)
	}
	return &signer{dir: dir, key: key, saved: !write}, nil
}

// save keeps the key.
func (s *signer) save() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.saved {
		return nil
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(s.dir, tempPrefix) // 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(s.key)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), filepath.Join(s.dir, keyName))
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	s.saved = true
	return nil
}

// sign is the text of a grant.
func (s *signer) sign(g *Grant) (string, error) {
	if err := s.save(); err != nil {
		return "", wrapDisk(fmt.Errorf("langshark: key of media: %w", err))
	}
	payload, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("langshark: sign address: %w", err)
	}
	text := base64.RawURLEncoding.EncodeToString(payload)
	return text + "." + base64.RawURLEncoding.EncodeToString(s.mac(text)), nil
}

func (s *signer) mac(text string) []byte {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// check reads a grant that holds now, or returns [ErrGrant].
func (s *signer) check(text string, now time.Time) (*Grant, error) {
	payload, signature, _ := strings.Cut(text, ".")
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(given, s.mac(payload)) {
		return nil, ErrGrant
	}
	decoded, err := base64.RawURLEncoding.DecodeString(payload)
	g := new(Grant)
	if err != nil || json.Unmarshal(decoded, g) != nil || now.Unix() >= g.Expires {
		return nil, ErrGrant
	}
	return g, nil
}
