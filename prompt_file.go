package langshark

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// promptFile is what the next process begins with.
type promptFile struct {
	path  string
	of    promptProject
	wake  chan struct{} // holds one while there is something to write
	saved atomic.Int64  // when it was written last, in ns since 1970
}

// promptProject says whose prompts a file has: those of a server's project, or of a source that names one.
type promptProject struct {
	Host      string `json:"host"`
	PublicKey string `json:"publicKey"`
	Source    string `json:"source,omitempty"`
}

// promptFileData is its JSON. Another form of it has another number.
type promptFileData struct {
	Format int `json:"format"`
	promptProject
	Prompts []promptFileEntry `json:"prompts"`
}

type promptFileEntry struct {
	Name       string    `json:"name"`
	Label      string    `json:"label,omitempty"`
	Version    int       `json:"version,omitempty"`
	Experiment string    `json:"experiment,omitempty"`
	ETag       string    `json:"etag,omitempty"`
	CheckedAt  time.Time `json:"checkedAt"`
	// Gone says that the server had it no more: it is kept so that no other process's older entry comes back.
	Gone bool            `json:"gone,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`

	changed bool // since, as this process was told before anybody asked for it
}

const (
	promptFileFormat   = 1
	maxPromptFileBytes = 64 << 20
	promptFileLock     = 5 * time.Second // of a process that was killed
	promptFileLastLock = time.Second     // that Shutdown waits for another process
)

func (f *promptFileEntry) key() promptKey {
	if f.Experiment != "" {
		return promptKey{name: f.Name, label: f.Experiment, experiment: true}
	}
	return promptKey{name: f.Name, label: f.Label, version: f.Version}
}

// read returns what the file has; nothing if it is another project's.
func (f *promptFile) read() (*promptFileData, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxPromptFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	var data promptFileData
	if len(b) > maxPromptFileBytes {
		return nil, fmt.Errorf("%s has more than %d bytes", f.path, maxPromptFileBytes)
	}
	if err := json.Unmarshal(b, &data); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", f.path, err)
	}
	if data.Format != promptFileFormat || data.promptProject != f.of {
		return &promptFileData{}, nil
	}
	for i := range data.Prompts {
		if e := &data.Prompts[i]; e.CheckedAt.After(time.Now().Add(time.Minute)) {
			e.CheckedAt = time.Time{} // a clock was wrong: nobody knows how old it is
		}
	}
	return &data, nil
}

// lock keeps other processes from writing until its function is called, so that none loses what another
// has just written. One that was killed holds it for some seconds, unless it is dated in the future, by a
// clock that was set back; and a folder that can't be written to is the error of the write. Once ctx has ended it
// is waited for promptFileLastLock only.
func (f *promptFile) lock(ctx context.Context) (unlock func()) {
	name := f.path + ".lock"
	_ = os.MkdirAll(filepath.Dir(f.path), 0o700)
	ended := ctx.Done()
	for wait, begun := 2*promptFileLock, time.Now(); ; {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_ = file.Close()
			return func() { _ = os.Remove(name) }
		}
		if info, e := os.Stat(name); e == nil && time.Since(info.ModTime()).Abs() > promptFileLock {
			_ = os.Remove(name)
			continue
		}
		if !errors.Is(err, fs.ErrExist) || time.Since(begun) > wait {
			return func() {}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ended:
			wait, begun, ended = promptFileLastLock, time.Now(), nil
		}
	}
}

// write replaces the file at once, so that no reader sees half of it.
func (f *promptFile) write(data *promptFileData) (err error) {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	dir := filepath.Dir(f.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("folder: %w", err)
	}
	temporary, err := os.CreateTemp(dir, filepath.Base(f.path)+".*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary.Name())
		}
	}()
	_, err = temporary.Write(b)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if err = os.Rename(temporary.Name(), f.path); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	return nil
}
