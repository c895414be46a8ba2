package langshark

import (
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
	path            string
	host, publicKey string
	wake            chan struct{} // holds one while there is something to write
	saved           atomic.Int64  // when it was written last, in ns since 1970
}

// promptFileData is its JSON. Another form of it has another number.
type promptFileData struct {
	Format    int               `json:"format"`
	Host      string            `json:"host"`
	PublicKey string            `json:"publicKey"`
	Prompts   []promptFileEntry `json:"prompts"`
}

type promptFileEntry struct {
	Name       string          `json:"name"`
	Label      string          `json:"label,omitempty"`
	Version    int             `json:"version,omitempty"`
	Experiment string          `json:"experiment,omitempty"`
	ETag       string          `json:"etag,omitempty"`
	CheckedAt  time.Time       `json:"checkedAt"`
	Body       json.RawMessage `json:"body"`
}

const (
	promptFileFormat   = 1
	maxPromptFileBytes = 64 << 20
	// Of what other processes have written, so much is kept, and so long.
	maxPromptFileEntries = 4 * MaxPrompts
	maxPromptFileAge     = 30 * 24 * time.Hour
	promptFilePause      = time.Second      // between two writes
	promptFileConfirm    = 10 * time.Minute // between two that only say that nothing has changed
	promptFileLock       = 5 * time.Second  // of a process that was killed
)

// load fills the cache from the file, to be fetched anew when first asked for; the caller holds the lock.
// What is damaged, and what is another project's, is left out.
func (c *promptCache) load() {
	data, err := c.file.read()
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.running.Go(func() { c.report(fmt.Errorf("prompts of an earlier process: %w", err)) }) // without the lock
		}
		return
	}
	for _, f := range data.Prompts {
		key := f.key()
		if f.CheckedAt.After(time.Now().Add(time.Minute)) {
			f.CheckedAt = time.Time{} // a clock was wrong: nobody knows how old it is
		}
		v, err := decodeValue(key, PromptResponse{Body: f.Body, ETag: f.ETag}, f.CheckedAt, PromptSaved)
		if err != nil || len(c.ring) >= c.limit {
			continue
		}
		if _, ok := c.index.Load().all[key]; !ok {
			e, _ := c.add(key) // within the limit
			e.value.Store(v)
		}
	}
}

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
	if data.Format != promptFileFormat || data.Host != f.host || data.PublicKey != f.publicKey {
		return &promptFileData{}, nil
	}
	return &data, nil
}

// saveSoon has the file written: if nothing has changed but how old it is, now and then only.
func (c *promptCache) saveSoon(changed bool) {
	if c.file == nil || !changed && time.Since(time.Unix(0, c.file.saved.Load())) < promptFileConfirm {
		return
	}
	select {
	case c.file.wake <- struct{}{}:
	default:
	}
}

// keepFile writes the file when something has changed, and last of all at the end.
func (c *promptCache) keepFile() {
	for {
		select {
		case <-c.file.wake:
		case <-c.ctx.Done():
			c.saveLast()
			return
		}
		c.save()
		pause := time.NewTimer(promptFilePause)
		select {
		case <-pause.C:
		case <-c.ctx.Done():
			pause.Stop()
			c.saveLast()
			return
		}
	}
}

func (c *promptCache) saveLast() {
	select {
	case <-c.file.wake:
		c.save()
	default:
	}
}

// save writes what is kept, and what other processes have written that isn't older.
func (c *promptCache) save() {
	defer c.file.lock()()
	data := promptFileData{Format: promptFileFormat, Host: c.file.host, PublicKey: c.file.publicKey}
	own, size := map[promptKey]time.Time{}, 0
	add := func(f promptFileEntry) {
		if size += len(f.Body); size <= maxPromptFileBytes/2 && len(data.Prompts) < maxPromptFileEntries {
			data.Prompts = append(data.Prompts, f)
		}
	}
	for key, e := range c.index.Load().all {
		v := e.value.Load()
		if v == nil || len(v.body) == 0 {
			continue
		}
		own[key] = v.checkedAt
		add(key.inFile(v))
	}
	if others, err := c.file.read(); err == nil {
		for _, f := range others.Prompts {
			at, ours := own[f.key()]
			if !ours && time.Since(f.CheckedAt) < maxPromptFileAge {
				add(f)
			} else if ours && f.CheckedAt.After(at) {
				data.replace(f)
			}
		}
	}
	c.file.saved.Store(time.Now().UnixNano())
	if err := c.file.write(&data); err != nil {
		c.report(fmt.Errorf("prompts for the next process (Config.PromptSnapshot): %w", err))
	}
}

// lock keeps other processes from writing until its function is called, so that none loses what another
// has just written. One that was killed holds it for some seconds, and a folder that can't be written
// to is the error of the write.
func (f *promptFile) lock() (unlock func()) {
	name := f.path + ".lock"
	_ = os.MkdirAll(filepath.Dir(f.path), 0o700)
	for begun := time.Now(); ; {
		file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			_ = file.Close()
			return func() { _ = os.Remove(name) }
		}
		if info, e := os.Stat(name); e == nil && time.Since(info.ModTime()) > promptFileLock {
			_ = os.Remove(name)
			continue
		}
		if !errors.Is(err, fs.ErrExist) || time.Since(begun) > 2*promptFileLock {
			return func() {}
		}
		<-time.After(10 * time.Millisecond)
	}
}

// replace puts a newer entry in the place of the one with its key.
func (d *promptFileData) replace(f promptFileEntry) {
	for i := range d.Prompts {
		if d.Prompts[i].key() == f.key() {
			d.Prompts[i] = f
		}
	}
}

func (k promptKey) inFile(v *promptValue) promptFileEntry {
	f := promptFileEntry{Name: k.name, Label: k.label, Version: k.version, ETag: v.etag, CheckedAt: v.checkedAt.Round(0), Body: v.body}
	if k.experiment {
		f.Label, f.Experiment = "", k.label
	}
	return f
}

func (f *promptFileEntry) key() promptKey {
	if f.Experiment != "" {
		return promptKey{name: f.Name, label: f.Experiment, experiment: true}
	}
	return promptKey{name: f.Name, label: f.Label, version: f.Version}
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
