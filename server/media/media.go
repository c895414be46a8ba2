package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/store"
)

// FolderName is that of the folder of contents within the data's.
const FolderName = "media"

// DefaultMaxBytes is how large a file may be.
const DefaultMaxBytes = 50 << 20

// MaxTemporaryBytes is how much all files together may have on a server whose data nobody keeps.
const MaxTemporaryBytes = 256 << 20

// Config is what the files work on. All fields but those with a default are needed.
type Config struct {
	Catalog *catalog.Catalog
	// Projects lists all projects: a content goes when none has it.
	Projects func(ctx context.Context) ([]store.Project, error)
	// Dir is the folder of contents. It is made when the first one comes.
	Dir string
	// MaxBytes is how large a file may be. Defaults to DefaultMaxBytes.
	MaxBytes int64
	// MaxTotalBytes is how much all of them may have; 0 is any number.
	MaxTotalBytes int64
	// ReadOnly changes nothing in the folder.
	ReadOnly bool
	// Housekeeping removes what nobody refers to, every SweepEvery, until Close.
	Housekeeping bool
	Logger       *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
}

// Files keeps contents. Its methods are safe for concurrent use and honour ctx.
type Files struct {
	Config
	files  files
	signer *signer

	// placing keeps a content from being removed between its arrival and the note of it.
	placing sync.Mutex

	sweeping sync.Mutex
	walked   time.Time // when all contents were looked at

	stop   context.CancelFunc
	swept  chan struct{} // closed when housekeeping has ended
	closed sync.Once
}

// Open opens a folder of contents. End it with Close.
func Open(cfg Config) (*Files, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	f := &Files{Config: cfg, files: files{dir: cfg.Dir, most: cfg.MaxTotalBytes}, swept: make(chan struct{})}
	var err error
	if f.signer, err = newSigner(cfg.Dir, cfg.Housekeeping && !cfg.ReadOnly); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	if !cfg.Housekeeping || cfg.ReadOnly {
		close(f.swept)
		return f, nil
	}
	f.files.removeUnfinished()
	go f.housekeeping(ctx)
	return f, nil
}

// Close ends housekeeping. It is idempotent.
func (f *Files) Close() {
	f.closed.Do(f.stop)
	<-f.swept
}

// Upload says where a content is to be sent.
type Upload struct {
	MediaID string
	// Token is that of the address to send the content to; empty if it is there already.
	Token string
}

// Request notes that a payload refers to a content, given as the JSON of the API.
func (f *Files) Request(ctx context.Context, projectID string, body []byte) (*Upload, error) {
	r, err := catalog.ReadMediaRequest(body, f.MaxBytes)
	if err != nil {
		return nil, err
	}
	m, err := f.Catalog.RequestMedia(ctx, projectID, r)
	if err != nil {
		return nil, err
	}
	u := &Upload{MediaID: m.ID}
	if m.StoredAt != nil && f.has(m) {
		return u, nil
	}
	u.Token, err = f.signer.sign(&Grant{
		Upload: true, ProjectID: projectID, MediaID: m.ID, Expires: f.Now().Add(grantTime).Unix(),
		ContentType: m.ContentType, ContentLength: m.ContentLength, SHA256: m.SHA256,
	})
	return u, err
}

// has reports whether the content is there, as far as can be told without reading it.
func (f *Files) has(m *catalog.Media) bool {
	info, err := os.Stat(f.files.path(m.SHA256))
	return err == nil && info.Size() == m.ContentLength
}

// Check reads the token of an address that holds now, else it is [ErrGrant].
func (f *Files) Check(token, mediaID string, upload bool) (*Grant, error) {
	g, err := f.signer.check(token, f.Now())
	if err != nil || g.MediaID != mediaID || g.Upload != upload {
		return nil, ErrGrant
	}
	return g, nil
}

// Put keeps the content that a grant is for. [ErrContent] says that it is another one.
func (f *Files) Put(ctx context.Context, g *Grant, content io.Reader) error {
	if !isSum(g.SHA256) {
		return ErrGrant
	}
	temp, err := f.files.receive(content, g.ContentLength, g.SHA256)
	if err != nil {
		return err
	}
	f.placing.Lock()
	defer f.placing.Unlock()
	if err := f.files.place(temp, g.ContentLength, g.SHA256); err != nil {
		return err
	}
	return f.Catalog.MediaStored(ctx, g.ProjectID, g.MediaID, f.Now())
}

// Add keeps a content that is in memory already.
func (f *Files) Add(ctx context.Context, projectID string, r *catalog.MediaRequest, content io.Reader) error {
	if r.ContentLength > f.MaxBytes {
		return fmt.Errorf("langshark: media: %w: it has %d bytes, at most %d are kept", ErrContent, r.ContentLength, f.MaxBytes)
	}
	m, err := f.Catalog.RequestMedia(ctx, projectID, r)
	if err != nil || m.StoredAt != nil && f.has(m) {
		return err
	}
	return f.Put(ctx, &Grant{ProjectID: projectID, MediaID: m.ID, ContentLength: m.ContentLength, SHA256: m.SHA256}, content)
}

// Download is a file and the token of the address that its content is read at.
type Download struct {
	*catalog.Media
	Token   string
	Expires time.Time
}

// Get returns a file whose content is there, or [store.ErrNotFound].
func (f *Files) Get(ctx context.Context, projectID, id string) (*Download, error) {
	m, err := f.stored(ctx, projectID, id)
	if err != nil {
		return nil, err
	}
	d := &Download{Media: m, Expires: f.Now().Add(grantTime).Truncate(time.Second)}
	d.Token, err = f.signer.sign(&Grant{ProjectID: projectID, MediaID: id, Expires: d.Expires.Unix()})
	return d, err
}

func (f *Files) stored(ctx context.Context, projectID, id string) (*catalog.Media, error) {
	m, err := f.Catalog.Media(ctx, projectID, id)
	if err == nil && m.StoredAt == nil {
		err = &catalog.NotFoundError{Message: "The content of this media has not been uploaded yet"}
	}
	return m, err
}

// Verify looks for contents that are missing or damaged. Its error has a line for each.
func (f *Files) Verify(ctx context.Context) error {
	projects, err := f.Projects(ctx)
	if err != nil {
		return err
	}
	var findings []error
	for _, p := range projects {
		err := f.Catalog.EachMedia(ctx, p.ID, func(m *catalog.Media) (bool, error) {
			if m.StoredAt == nil {
				return true, nil
			}
			if err := f.files.verify(m.SHA256, m.ContentLength); err != nil {
				findings = append(findings, fmt.Errorf("langshark: media %s of project %s: %w", m.ID, p.ID, err))
			}
			return true, ctx.Err()
		})
		if err != nil {
			return errors.Join(append(findings, err)...)
		}
	}
	return errors.Join(findings...)
}

// Folder is where the contents of data in dir are.
func Folder(dir string) string { return filepath.Join(dir, FolderName) }
