package langshark

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

const (
	// Of what other processes have written, so much is kept, and so long.
	maxPromptFileEntries = 4 * MaxPrompts
	maxPromptFileAge     = 30 * 24 * time.Hour
	promptFilePause      = time.Second      // between two writes
	promptFileConfirm    = 10 * time.Minute // between two that only say that nothing has changed
)

var errWhosePrompts = errors.New("langshark: Config.PromptSnapshot: no file is kept, for Config.Prompts doesn't say whose prompts it has (it lacks PromptIdentity)")

// openFile has prompts kept in a file, if it is known whose they are. It opens nothing yet.
func (c *promptCache) openFile(cfg *Config) {
	of := promptProject{Host: cfg.Host, PublicKey: cfg.PublicKey}
	if cfg.Prompts != nil {
		i, _ := cfg.Prompts.(PromptIdentifier)
		if of = (promptProject{}); i != nil {
			of.Source = i.PromptIdentity()
		}
		if of.Source == "" {
			c.fileless = errWhosePrompts
			return
		}
	}
	c.file = &promptFile{path: cfg.PromptSnapshot, of: of, wake: make(chan struct{}, 1)}
}

// load reads the file; the caller holds the lock. Each entry has its value when it is first asked for, and
// is fetched anew then. What is another project's is left out.
func (c *promptCache) load() {
	data, err := c.file.read()
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.running.Go(func() { c.report(fmt.Errorf("prompts of an earlier process: %w", err)) }) // without the lock
		}
		return
	}
	c.saved = make(map[promptKey]promptFileEntry, len(data.Prompts))
	for _, f := range data.Prompts {
		c.saved[f.key()] = f
	}
}

// recall is the value that an earlier process had of a key, once, and whether it has changed since; nil without one,
// and if it is damaged. The caller holds the lock.
func (c *promptCache) recall(key promptKey) (v *promptValue, changed bool) {
	f, ok := c.saved[key]
	delete(c.saved, key)
	switch {
	case !ok || f.Gone && !key.experiment:
		return nil, false
	case f.Gone:
		return &promptValue{checkedAt: f.CheckedAt}, f.changed
	}
	v, err := decodeValue(key, PromptResponse{Body: f.Body, ETag: f.ETag}, f.CheckedAt, PromptSaved)
	if err != nil {
		return nil, false
	}
	c.saveSoon(time.Since(f.CheckedAt) >= maxPromptFileAge) // it is in use again, and may have left the file
	return v, f.changed
}

// outdate says of what an earlier process had of a prompt, of any with "", that it may have changed. Nothing is made of
// it or fetched before it is asked for: the file has more than this process may ever need.
func (c *promptCache) outdate(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, f := range c.saved {
		if name != "" && key.name != name {
			continue
		}
		if f.changed = true; name != "" {
			f.ETag = "" // it has changed: the whole is asked for
		}
		c.saved[key] = f
	}
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

// save writes what this process knows, and what others have written that isn't older.
func (c *promptCache) save() {
	defer c.file.lock(c.ctx)()
	select {
	case <-c.file.wake: // what has changed meanwhile is written as well
	default:
	}
	newest := map[promptKey]promptFileEntry{}
	for key, e := range c.index.Load().all {
		if f := e.inFile(); f.Name != "" {
			newest[key] = f
		}
	}
	own := make([]promptFileEntry, 0, len(newest))
	var others []promptFileEntry
	if data, err := c.file.read(); err == nil {
		for _, f := range data.Prompts {
			mine, ours := newest[f.key()]
			if ours && f.CheckedAt.After(mine.CheckedAt) {
				newest[f.key()] = f
			} else if !ours && time.Since(f.CheckedAt) < maxPromptFileAge {
				others = append(others, f)
			}
		}
	}
	for _, f := range newest {
		own = append(own, f)
	}
	c.file.saved.Store(time.Now().UnixNano())
	data := promptFileData{Format: promptFileFormat, promptProject: c.file.of, Prompts: fitting(own, others)}
	if err := c.file.write(&data); err != nil {
		c.report(fmt.Errorf("prompts for the next process (Config.PromptSnapshot): %w", err))
	}
}

// fitting are the entries that there is room for: this process's before those of others, and the newest first.
func fitting(own, others []promptFileEntry) []promptFileEntry {
	byAge := func(a, b promptFileEntry) int { return b.CheckedAt.Compare(a.CheckedAt) }
	slices.SortFunc(own, byAge)
	slices.SortFunc(others, byAge)
	all, size := make([]promptFileEntry, 0, min(len(own)+len(others), maxPromptFileEntries)), 0
	for _, f := range append(own, others...) {
		if len(all) < maxPromptFileEntries && size+len(f.Body) <= maxPromptFileBytes/2 {
			all, size = append(all, f), size+len(f.Body)
		}
	}
	return all
}

// inFile is what the file is to say of an entry; the zero value for nothing.
func (e *promptEntry) inFile() promptFileEntry {
	e.mu.Lock()
	v, gone := e.value.Load(), e.gone
	e.mu.Unlock()
	k := e.key
	f := promptFileEntry{Name: k.name, Label: k.label, Version: k.version}
	if k.experiment {
		f.Label, f.Experiment = "", k.label
	}
	switch {
	case !gone.IsZero():
		f.Gone, f.CheckedAt = true, gone.Round(0)
	case v == nil || len(v.body) == 0:
		return promptFileEntry{}
	default:
		f.ETag, f.CheckedAt, f.Body = v.etag, v.checkedAt.Round(0), v.body
	}
	return f
}

// differs reports whether the file has to be written for the new value.
func (v *promptValue) differs(old *promptValue) bool {
	return old == nil || old.etag != v.etag || !bytes.Equal(old.body, v.body)
}
