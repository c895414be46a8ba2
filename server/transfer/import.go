package transfer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/transfer/internal/batch"
	"github.com/langshark/langshark-go/server/transfer/internal/state"
)

// ImportOptions say how [Import] works. The zero value is valid.
type ImportOptions struct {
	// SkipBad leaves lines out that are wrong, and counts them. By default the
	// first stops the import.
	SkipBad bool
	// Revive brings back what was deleted here after it was written there. By default that stays deleted, and is counted.
	// With Resume it is about the lines that are still to be read.
	Revive bool
	// State is a file that keeps how far the import got. It is removed at the end.
	// Empty keeps nothing.
	State string
	// Resume goes on where State says that an import of the same file into the
	// same project stopped. Without such a state it begins at the start.
	Resume bool
	// Patience is how long a batch is tried while the store is busy or full.
	// Defaults to 5 minutes.
	Patience time.Duration
	// Rest is how long to wait after each batch, for the sake of another process
	// that writes to the same file. Defaults to not at all.
	Rest time.Duration
	// Progress, if not nil, is called after each batch.
	Progress func(ImportResult)
	// Waiting, if not nil, is called with the reason each time the store makes the import wait.
	Waiting func(error)
}

// maxNamed is how many bad lines a result names.
const maxNamed = 20

// ImportResult is what an import did.
type ImportResult struct {
	// Header is that of the file.
	Header Header
	// Counts are the rows that were written, those before a resume included.
	Counts
	// Resumed is how many lines an earlier import had done.
	Resumed int64
	// Bad is how many lines were left out, and BadLines the first twenty of them.
	Bad      int64
	BadLines []*LineError
	// Bookmarks is how many traces were bookmarked, which can't be written.
	Bookmarks int64
	// Dropped rows stay deleted, see [ImportOptions.Revive].
	Dropped int64
	// Line is the number of the last line that is done.
	Line int64
}

// progress is the state of an import that goes on.
type progress struct {
	Kind       string    `json:"kind"`
	Source     string    `json:"sourceProject"`
	ExportedAt time.Time `json:"exportedAt"`
	Target     string    `json:"targetProject"`
	Line       int64     `json:"line"`
	Counts
	Bad       int64 `json:"bad"`
	Bookmarks int64 `json:"bookmarks"`
	Dropped   int64 `json:"dropped"`
}

// What else can be wrong with a file than a line.
var (
	// ErrCut says that the end of the file is missing. What it has has been written:
	// with the whole file, a resume goes on from there.
	ErrCut = errors.New("the file was cut off")
	// ErrBeyond says that the file goes on after its end, as two files in one do.
	ErrBeyond = errors.New("the file has more than one export")
)

const fileState = "langshark import of a file"

// Import reads what [Export] wrote, compressed or not, and writes it to the
// project, which must be there. It may be repeated and interrupted: the same file
// makes the same rows, and fields that have been written since are left as they
// are; so is what has been deleted since, unless Revive is set. A [*LineError] is a line that is wrong; nothing further is written then, and
// it is [ErrBeyond] if it is one after the end, which SkipBad doesn't leave out. A
// file that was cut off, which is [ErrCut], or with other counts than its trailer
// says is an error too, after all whole lines of it have been written. The result is filled as far as it got, also with an error.
func Import(ctx context.Context, s store.Store, projectID string, r io.Reader, opts ImportOptions) (ImportResult, error) {
	im := &importer{store: s, project: projectID, opts: opts}
	im.size.rows.Store(batch.MaxWrites)
	err := im.run(ctx, r)
	if err != nil {
		err = fmt.Errorf("langshark: import: %w", err)
	}
	return im.result, err
}

type importer struct {
	store   store.Store
	project string
	opts    ImportOptions
	result  ImportResult
	saved   time.Time
	done    bool // all has been read and written
	size    pace
}

// pace chooses how many rows a batch has: fewer while commits are slow, because
// what an application sends meanwhile waits for them.
type pace struct{ rows atomic.Int64 }

const (
	slowCommit = 40 * time.Millisecond
	fastCommit = 15 * time.Millisecond
	leastRows  = 32
)

func (p *pace) limit() int { return int(p.rows.Load()) }

// learn is told how long a commit took.
func (p *pace) learn(took time.Duration) {
	switch n := p.rows.Load(); {
	case took > slowCommit:
		p.rows.Store(max(n/2, leastRows))
	case took < fastCommit:
		p.rows.Store(min(2*n, batch.MaxWrites))
	}
}

// chunk is a batch that has been read, with what is done once it is written.
type chunk struct {
	batch store.Batch
	bytes int
	Counts
	line      int64
	bad       int64
	badLines  []*LineError
	bookmarks int64
}

func (im *importer) run(ctx context.Context, r io.Reader) error {
	if _, err := findProject(ctx, im.store, im.project); err != nil {
		return err
	}
	in, err := Decompress(r)
	if err != nil {
		return err
	}
	defer in.Close()
	lines := newLineReader(in)
	header, err := readHeader(lines)
	if err != nil {
		return err
	}
	im.result.Header, im.result.Line = *header, lines.line
	done, err := im.resume()
	if err != nil {
		return err
	}
	return errors.Join(im.copy(ctx, lines, done), im.settle())
}

func readHeader(lines *lineReader) (*Header, error) {
	text, err := lines.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty")
	case errors.Is(err, io.ErrUnexpectedEOF), err == nil && lines.cut(text) && partOfHeader(text):
		return nil, fmt.Errorf("%w in its first line: download or copy it again", ErrCut)
	case err != nil:
		return nil, err
	}
	it, err := decodeLine(text)
	if err == nil && it.header == nil {
		err = &LineError{Message: "expected the header of an export: this is no file of langshark export --format jsonl, or its beginning is missing"}
	}
	return it.header, numbered(err, lines.line)
}

// partOfHeader says whether a line that was cut off is the header of an export.
func partOfHeader(text []byte) bool {
	const first = `{"type":"header"`
	n := min(len(text), len(first))
	return string(text[:n]) == first[:n]
}

// numbered gives a line's error its number.
func numbered(err error, line int64) error {
	if wrong, ok := errors.AsType[*LineError](err); ok {
		wrong.Line = line
	}
	return err
}

// resume returns the number of the line that is done already.
func (im *importer) resume() (int64, error) {
	if im.opts.State == "" || !im.opts.Resume {
		return 0, nil
	}
	var p progress
	found, err := state.Load(im.opts.State, &p)
	if err != nil || !found {
		return 0, err
	}
	h := &im.result.Header
	if p.Kind != fileState || p.Source != h.ProjectID || !p.ExportedAt.Equal(h.ExportedAt) || p.Target != im.project {
		return 0, fmt.Errorf("the state in %s is of another import: name another file, or remove it to begin anew", im.opts.State)
	}
	r := &im.result
	r.Counts, r.Bad, r.Bookmarks, r.Dropped, r.Line, r.Resumed = p.Counts, p.Bad, p.Bookmarks, p.Dropped, p.Line, p.Line
	return p.Line, nil
}

// save keeps how far the import got, at most once a second.
func (im *importer) save(force bool) error {
	if im.opts.State == "" || !force && time.Since(im.saved) < time.Second {
		return nil
	}
	im.saved = time.Now()
	r := &im.result
	return state.Save(im.opts.State, progress{
		Kind: fileState, Source: r.Header.ProjectID, ExportedAt: r.Header.ExportedAt, Target: im.project, Line: r.Line, Counts: r.Counts, Bad: r.Bad, Bookmarks: r.Bookmarks, Dropped: r.Dropped,
	})
}

// errDone says that all has been read.
var errDone = errors.New("done")

// settle keeps the state, or removes it when all is done.
func (im *importer) settle() error {
	if im.opts.State == "" {
		return nil
	}
	if im.done {
		return state.Remove(im.opts.State)
	}
	return im.save(true)
}

// copy reads on one goroutine and writes on this one.
func (im *importer) copy(ctx context.Context, lines *lineReader, done int64) error {
	ctx, cancel := context.WithCancel(ctx)
	chunks := make(chan *chunk)
	var readErr error
	go func() {
		defer close(chunks)
		readErr = im.read(ctx, lines, done, chunks)
	}()
	var err error
	for c := range chunks {
		if err == nil {
			if err = im.write(ctx, c); err != nil {
				cancel() // and the reader ends
			}
		}
	}
	cancel()
	if err != nil {
		return err
	}
	if errors.Is(readErr, errDone) {
		im.done, im.result.Line = true, lines.line
		return nil
	}
	return readErr
}

func (im *importer) write(ctx context.Context, c *chunk) error {
	began := time.Now()
	c.batch.Revive = im.opts.Revive
	if err := batch.Write(ctx, im.store, &c.batch, im.opts.Patience, im.opts.Waiting); err != nil {
		return err
	}
	im.size.learn(time.Since(began))
	r := &im.result
	r.add(c.Counts)
	r.Line, r.Bad, r.Bookmarks, r.Dropped = c.line, r.Bad+c.bad, r.Bookmarks+c.bookmarks, r.Dropped+c.batch.Dropped
	r.BadLines = append(r.BadLines, c.badLines[:min(len(c.badLines), maxNamed-len(r.BadLines))]...)
	if im.opts.Progress != nil {
		im.opts.Progress(*r)
	}
	if err := im.save(false); err != nil {
		return err
	}
	if im.opts.Rest > 0 {
		select {
		case <-time.After(im.opts.Rest):
		case <-ctx.Done():
		}
	}
	return nil
}

// read gathers lines to chunks. It returns errDone after the end.
func (im *importer) read(ctx context.Context, lines *lineReader, done int64, out chan<- *chunk) error {
	c := &chunk{}
	send := func(line int64) bool { // line is done with it
		c.line, c.batch.ProjectID = max(line, done), im.project
		select {
		case out <- c:
			c = &chunk{}
			return true
		case <-ctx.Done():
			return false
		}
	}
	total := im.result.Counts
	bad := im.result.Bad
	for {
		text, err := lines.next()
		var it item
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			if !send(lines.line) {
				return context.Cause(ctx)
			}
			return cutAfter(lines.line)
		case err == nil && lines.cut(text) && !glued(text):
			if !send(lines.line - 1) {
				return context.Cause(ctx)
			}
			return cutAfter(lines.line - 1)
		case err == nil && lines.line <= done, err == nil && len(bytes.TrimSpace(text)) == 0:
			continue
		case err == nil:
			if it, err = decodeLine(text); err != nil && glued(text) {
				return secondHeader(lines.line)
			}
			err = numbered(err, lines.line)
		}
		var wrong *LineError
		switch {
		case errors.As(err, &wrong) && im.opts.SkipBad:
			c.bad++
			bad++
			if len(c.badLines) < maxNamed {
				c.badLines = append(c.badLines, wrong)
			}
			continue
		case err != nil:
			return err
		case it.header != nil:
			return secondHeader(lines.line)
		case it.trailer != nil:
			last := lines.line - 1 // a resume reads the trailer again
			end := readEnd(lines)
			if end != nil && !errors.Is(end, ErrCut) {
				return end
			}
			if !send(last) {
				return context.Cause(ctx)
			}
			if end != nil {
				return end
			}
			if missing := it.trailer.Total() - total.Total() - bad; missing != 0 {
				skipped := ""
				if bad > 0 {
					skipped = fmt.Sprintf(" and %d that were skipped", bad)
				}
				return fmt.Errorf("the trailer in line %d says %s, but the lines before it are %s%s: lines are missing or came twice; what is there has been imported", last+1, it.trailer, total, skipped)
			}
			return errDone
		}
		total.add(c.put(&it))
		if c.batch.Len() >= im.size.limit() || c.bytes >= batch.MaxBytes {
			if !send(lines.line) {
				return context.Cause(ctx)
			}
		}
	}
}

// cutAfter is the error of a file that ends too early. The lines up to this one are whole.
func cutAfter(line int64) error {
	return fmt.Errorf("%w after line %d, before its trailer: download or copy it again; the whole lines that it has have been imported", ErrCut, line)
}

// glued says whether a line that is no JSON has the header of another file in it:
// the one before had no end of its last line.
func glued(text []byte) bool {
	return bytes.Contains(text, []byte(`{"type":"header","format":"`+FormatName+`"`)) && !json.Valid(ingest.Sanitize(text))
}

func secondHeader(line int64) error {
	return &LineError{Line: line, Message: "a second header: import the files one by one", cause: ErrBeyond}
}

// readEnd reads what follows the trailer, which may be blank lines alone.
func readEnd(lines *lineReader) error {
	trailer := lines.line
	for {
		text, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("%w after its trailer in line %d: download or copy it again; all its lines have been imported", ErrCut, trailer)
		case err != nil:
			return err
		case len(bytes.TrimSpace(text)) == 0:
			continue
		}
		var r struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(text, &r) == nil && r.Type == typeHeader || lines.cut(text) && partOfHeader(text) {
			return secondHeader(lines.line)
		}
		return &LineError{Line: lines.line, Message: fmt.Sprintf("more after the trailer in line %d, which is the end of an export: remove it", trailer), cause: ErrBeyond}
	}
}

// put adds a line to the chunk and returns what it counts for.
func (c *chunk) put(it *item) (n Counts) {
	switch {
	case it.trace != nil:
		c.batch.Traces = append(c.batch.Traces, *it.trace)
		n.Traces = 1
	case it.observation != nil:
		c.batch.Observations = append(c.batch.Observations, *it.observation)
		n.Observations = 1
	case it.score != nil:
		c.batch.Scores = append(c.batch.Scores, *it.score)
		n.Scores = 1
	}
	if it.bookmarked {
		c.bookmarks++
	}
	c.bytes += it.bytes
	c.add(n)
	return n
}
