package server

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/auth"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
)

// Project is an application's own space. Nobody with the keys of one project
// sees anything of another.
type Project struct {
	ID   string
	Name string
	// PublicKey and SecretKey are set where they have just been made; the
	// server keeps only a hash of the secret.
	PublicKey string
	SecretKey string
	// Keys is how many keys the project has, where projects are listed.
	Keys int
	// Retention is how long traces are kept, where projects are listed; zero is for ever.
	Retention time.Duration
}

// ErrExists says that there is such a project or key already.
var ErrExists = store.ErrExists

// ErrOtherProject is the [ErrExists] of a key whose public half is another project's, or once was.
var ErrOtherProject = fmt.Errorf("the key of another project: %w", ErrExists)

// ErrRemoved says that a key was taken away: it is never let in again.
var ErrRemoved = store.ErrRemoved

// AddProject makes a project and its keys, which are returned this once.
// [ErrExists] says that the name is taken.
func (s *Server) AddProject(ctx context.Context, name string) (Project, error) {
	p, err := s.createProject(ctx, name)
	if err != nil {
		return Project{}, err
	}
	pair, err := s.AddKey(ctx, p.ID)
	pair.Name = p.Name
	return pair, err
}

// AddProjectWithKey makes a project whose only key was made elsewhere.
// [ErrExists] says that the name or the key is taken, [ErrOtherProject] that it is the key.
func (s *Server) AddProjectWithKey(ctx context.Context, name, publicKey, secretKey string) (Project, error) {
	if err := checkKey(publicKey, secretKey); err != nil {
		return Project{}, err
	}
	owner, err := s.keyOwner(ctx, publicKey)
	if err != nil {
		return Project{}, err
	}
	if owner != "" {
		return Project{}, errOtherProject(publicKey, owner, name)
	}
	p, err := s.createProject(ctx, name)
	if err != nil {
		return Project{}, err
	}
	return p, s.SetKey(ctx, p.ID, publicKey, secretKey)
}

// keyOwner is the project that has a key with that public half, or had one; empty if none.
func (s *Server) keyOwner(ctx context.Context, publicKey string) (string, error) {
	switch have, err := s.store.APIKey(ctx, publicKey); {
	case err == nil:
		return have.ProjectID, nil
	case !errors.Is(err, store.ErrNotFound):
		return "", err
	}
	removed, err := s.store.RemovedAPIKeys(ctx, publicKey)
	if err != nil || len(removed) == 0 {
		return "", err
	}
	return removed[0].ProjectID, nil
}

func errOtherProject(publicKey, owner, project string) error {
	return fmt.Errorf("langshark: public key %s belongs to project %s, not to %s, and no other can have it: %w", publicKey, owner, project, ErrOtherProject)
}

func (s *Server) createProject(ctx context.Context, name string) (Project, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return Project{}, errors.New("langshark: a project needs a name")
	}
	if strings.ContainsFunc(name, unicode.IsControl) || !utf8.ValidString(name) {
		return Project{}, fmt.Errorf("langshark: the project name %q has control characters: choose another", name)
	}
	id := slug(name)
	err := s.store.CreateProject(ctx, store.Project{ID: id, Name: name, CreatedAt: time.Now()})
	if errors.Is(err, store.ErrExists) && !s.nameTaken(ctx, name) { // only the id is
		id = strings.Trim(id+"-"+uuid.NewString()[:8], "-")
		err = s.store.CreateProject(ctx, store.Project{ID: id, Name: name, CreatedAt: time.Now()})
	}
	return Project{ID: id, Name: name}, err
}

func (s *Server) nameTaken(ctx context.Context, name string) bool {
	all, err := s.store.Projects(ctx)
	if err != nil {
		return false
	}
	for _, p := range all {
		if p.Name == name {
			return true
		}
	}
	return false
}

// slug is a name in the form of an id: lower-case letters, digits and dashes.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if id := strings.Trim(b.String(), "-"); id != "" {
		return id
	}
	return "project"
}

// AddKey makes a further key of a project; empty means the first project.
func (s *Server) AddKey(ctx context.Context, projectID string) (Project, error) {
	return s.AddKeyWithNote(ctx, projectID, "")
}

// AddKeyWithNote is AddKey with a word on what the key is for.
func (s *Server) AddKeyWithNote(ctx context.Context, projectID, note string) (Project, error) {
	if n := utf8.RuneCountInString(note); n > catalog.MaxNameChars || !utf8.ValidString(note) {
		return Project{}, fmt.Errorf("langshark: the note has %d characters: at most %d, in UTF-8", n, catalog.MaxNameChars)
	}
	pair, err := auth.NewPair()
	if err != nil {
		return Project{}, err
	}
	return s.addKey(ctx, projectID, pair, note)
}

// Key is a key of a project, without its secret.
type Key = catalog.APIKey

// Keys lists the keys of a project, oldest first; empty means the first project.
func (s *Server) Keys(ctx context.Context, projectID string) ([]Key, error) {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return s.catalog.APIKeys(ctx, projectID)
}

// DeleteKey takes a key away for good; empty means the first project. [store.ErrLastKey] says that
// it has no other. It is refused at once, by servers in other processes after [auth.KeyMemory].
func (s *Server) DeleteKey(ctx context.Context, projectID, publicKey string) error {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return err
	}
	err = s.catalog.DeleteAPIKey(ctx, projectID, publicKey)
	s.keys.Forget(publicKey)
	return err
}

// SetKey lets an application use a key that was made elsewhere. It does
// nothing if the project has that key with that secret already. [ErrExists] says
// that the key has another secret, or, as [ErrOtherProject], belongs to another project;
// [ErrRemoved] that this very key was taken away.
func (s *Server) SetKey(ctx context.Context, projectID, publicKey, secretKey string) error {
	if err := checkKey(publicKey, secretKey); err != nil {
		return err
	}
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return err
	}
	pair := auth.Pair{PublicKey: publicKey, SecretKey: secretKey}
	_, err = s.addKey(ctx, projectID, pair, "")
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	owner, readErr := s.keyOwner(ctx, publicKey)
	if readErr != nil {
		return readErr
	}
	if owner != projectID {
		return errOtherProject(publicKey, owner, projectID)
	}
	have, readErr := s.store.APIKey(ctx, publicKey)
	if readErr != nil {
		return readErr
	}
	if string(have.SecretHash) != string(auth.Hash(secretKey)) {
		return fmt.Errorf("langshark: public key %s has another secret: %w", publicKey, store.ErrExists)
	}
	return nil
}

func checkKey(publicKey, secretKey string) error {
	if publicKey == "" || secretKey == "" {
		return errors.New("langshark: a key needs both its public and its secret half")
	}
	if strings.Contains(publicKey, ":") || strings.ContainsFunc(publicKey+secretKey, unicode.IsControl) {
		return fmt.Errorf("langshark: public key %q can't be sent by basic auth: it must have neither a colon nor control characters", publicKey)
	}
	return nil
}

func (s *Server) addKey(ctx context.Context, projectID string, pair auth.Pair, note string) (Project, error) {
	projectID, err := s.projectOrFirst(ctx, projectID)
	if err != nil {
		return Project{}, err
	}
	if _, err := s.catalog.AddAPIKey(ctx, projectID, pair, note); err != nil {
		return Project{}, err
	}
	return Project{ID: projectID, PublicKey: pair.PublicKey, SecretKey: pair.SecretKey}, nil
}

// Projects lists all projects, oldest first. Their keys are only counted.
func (s *Server) Projects(ctx context.Context) ([]Project, error) {
	all, err := s.store.Projects(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Project, len(all))
	for i, p := range all {
		keys, err := s.store.APIKeys(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		list[i] = Project{ID: p.ID, Name: p.Name, Keys: len(keys), Retention: p.Retention}
	}
	return list, nil
}

func (s *Server) projectOrFirst(ctx context.Context, id string) (string, error) {
	if id != "" {
		return id, nil
	}
	all, err := s.store.Projects(ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", fmt.Errorf("langshark: no project: %w", store.ErrNotFound)
	}
	return all[0].ID, nil
}

// Exporter writes to a project from the same process: give it to
// langshark.Config. Empty means the first project. An export returns when it
// is committed.
func (s *Server) Exporter(projectID string) exporter.Exporter {
	id, err := s.projectOrFirst(context.Background(), projectID)
	if err != nil {
		id = projectID // each export says what is wrong
	}
	return &inProcess{Exporter: s.ingest.Exporter(id), server: s, projectID: id}
}

// inProcess is an exporter that knows the pages of its traces.
type inProcess struct {
	*ingest.Exporter
	server    *Server
	projectID string
}

var _ exporter.TraceLinker = (*inProcess)(nil)

// TraceURL implements [exporter.TraceLinker]; it is empty while the server has no address.
func (e *inProcess) TraceURL(traceID string) string {
	base := e.server.URL()
	if base == "" {
		return ""
	}
	return base + "/project/" + url.PathEscape(e.projectID) + "/traces/" + url.PathEscape(traceID)
}
