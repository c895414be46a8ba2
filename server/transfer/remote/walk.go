package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// windowRows is how many rows a window of time may have.
const windowRows = 1000

// windowTries is how often a window is read whose rows are not as many as the server says.
const windowTries = 3

// listing is a list of the API that is walked.
type listing struct {
	name string
	path string
	// from and to are the parameters of the bounds of time: from inclusive, to exclusive.
	from, to string
	// write writes a page.
	write func(ctx context.Context, rows []json.RawMessage) (left map[string]int64, err error)
	// cursor says that pages are linked by cursors, and not counted; fields are what rows are to have.
	cursor bool
	fields string
}

type page struct {
	Data []json.RawMessage `json:"data"`
	Meta struct {
		TotalItems *int64 `json:"totalItems"`
		Cursor     string `json:"cursor"`
	} `json:"meta"`
}

// walker walks one list.
type walker struct {
	*job
	list  *listing
	state *listState
	total int64 // of the whole list, -1 if unknown
	limit int

	mu   sync.Mutex
	done int64 // rows of the window that is being read
}

// window is a part of time; a zero bound is none.
type window struct{ from, to time.Time }

var epoch = time.Unix(0, 0).UTC()

// splittable halves the window at a whole millisecond, which is what the API knows.
func (w window) split() (left, right window, ok bool) {
	if w.from.IsZero() || w.to.IsZero() || w.to.Sub(w.from) <= time.Millisecond {
		return w, w, false
	}
	middle := w.from.Add(w.to.Sub(w.from) / 2).Truncate(time.Millisecond)
	if !middle.After(w.from) || !middle.Before(w.to) {
		return w, w, false
	}
	return window{w.from, middle}, window{middle, w.to}, true
}

func (w *walker) run(ctx context.Context) error {
	if w.list.cursor {
		return w.runCursor(ctx)
	}
	first, err := w.page(ctx, window{}, 1, 1)
	if err != nil {
		return err
	}
	w.total = -1
	if first.Meta.TotalItems != nil {
		w.total = *first.Meta.TotalItems
	}
	now := w.now().UTC().Truncate(time.Millisecond)
	byTime := false
	if w.total > 0 {
		if byTime, err = w.knowsTime(ctx); err != nil {
			return err
		}
	}
	if !byTime {
		w.state.tally = tally{} // all of it is read, whatever was read before
		return w.window(ctx, window{}, 0)
	}
	windows := []window{{to: epoch}, {from: epoch, to: now}, {from: now}}
	for _, part := range windows {
		if mark := w.state.Watermark; !mark.IsZero() {
			if !part.to.IsZero() && !mark.Before(part.to) {
				continue
			}
			if mark.After(part.from) {
				part.from = mark
			}
		}
		if err := w.window(ctx, part, w.total); err != nil {
			return err
		}
		if mark := part.to; !mark.IsZero() {
			w.state.Watermark = mark
		}
	}
	return nil
}

// knowsTime asks for what was before all time. A server that doesn't know the
// bound answers with everything.
func (w *walker) knowsTime(ctx context.Context) (bool, error) {
	p, err := w.page(ctx, window{to: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)}, 1, 1)
	if err != nil {
		return false, err
	}
	return p.Meta.TotalItems != nil && *p.Meta.TotalItems < w.total, nil
}

// window reads a window, in halves if it has too many rows. expected is about how many.
func (w *walker) window(ctx context.Context, part window, expected int64) error {
	if _, _, ok := part.split(); ok && expected > windowRows {
		probe, err := w.page(ctx, part, 1, 1)
		if err != nil {
			return err
		}
		if n := probe.Meta.TotalItems; n != nil && *n > windowRows {
			return w.halves(ctx, part, *n)
		}
	}
	for try := 1; ; try++ {
		seen, left, total, err := w.read(ctx, part)
		switch {
		case errors.Is(err, errSplit):
			return w.halves(ctx, part, total)
		case (errors.Is(err, errTooLarge) || errors.Is(err, errHeavy)) && w.limit > 1:
			w.limit /= 2
			w.waiting(fmt.Errorf("%w: smaller pages from here on, of %d rows", err, w.limit), 0)
			try--
			w.again()
			continue
		case err != nil:
			return err
		case seen < total && try < windowTries: // rows have gone or moved between its pages
			w.again()
			continue
		}
		return w.finish(part, seen, left)
	}
}

func (w *walker) halves(ctx context.Context, part window, total int64) error {
	left, right, ok := part.split()
	if !ok {
		return fmt.Errorf("%s: can't split %v", w.list.name, part)
	}
	if err := w.window(ctx, left, total/2); err != nil {
		return err
	}
	return w.window(ctx, right, total/2)
}

// again takes back the rows of a window that is read again.
func (w *walker) again() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = 0
}

// finish counts a window and keeps the state.
func (w *walker) finish(part window, seen int64, left map[string]int64) error {
	w.again()
	w.keep(w.state, tally{seen, left}, part.to.IsZero())
	if !part.to.IsZero() {
		w.state.Watermark = part.to
	}
	return w.save(false)
}

// errSplit says that a window has too many rows for one reading.
var errSplit = errors.New("too many rows")

// read reads all pages of a window, several at once, and writes them.
func (w *walker) read(ctx context.Context, part window) (seen int64, left map[string]int64, total int64, err error) {
	w.forget()
	first, err := w.page(ctx, part, 1, w.limit)
	if err != nil {
		return 0, nil, 0, err
	}
	if first.Meta.TotalItems == nil {
		return w.readOn(ctx, part, first)
	}
	total = *first.Meta.TotalItems
	if _, _, ok := part.split(); ok && total > windowRows {
		return 0, nil, total, errSplit
	}
	g := &gathering{walker: w, ids: map[string]bool{}, left: map[string]int64{}}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pages := int((total + int64(w.limit) - 1) / int64(w.limit))
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(w.opts.Concurrency, max(pages-1, 0)) {
		workers.Go(func() {
			for n := range next {
				p, err := w.page(ctx, part, n, w.limit)
				if err == nil {
					err = g.write(ctx, p.Data)
				}
				if err != nil {
					cancel(err)
				}
			}
		})
	}
	if err := g.write(ctx, first.Data); err != nil {
		cancel(err)
	}
	for n := 2; n <= pages && ctx.Err() == nil; n++ {
		select {
		case next <- n:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, nil, 0, err
	}
	return int64(len(g.ids)), g.left, total, nil
}

// readOn reads the pages one by one, until one is empty: for servers that don't count.
func (w *walker) readOn(ctx context.Context, part window, p *page) (seen int64, left map[string]int64, total int64, err error) {
	g := &gathering{walker: w, ids: map[string]bool{}, left: map[string]int64{}}
	for n := 2; len(p.Data) > 0; n++ {
		if err := g.write(ctx, p.Data); err != nil {
			return 0, nil, 0, err
		}
		if p, err = w.page(ctx, part, n, w.limit); err != nil {
			return 0, nil, 0, err
		}
	}
	return int64(len(g.ids)), g.left, int64(len(g.ids)), nil
}

// gathering is what was read of a window so far.
type gathering struct {
	*walker
	lock sync.Mutex
	ids  map[string]bool
	left map[string]int64
}

// write writes a page but for what an earlier page had.
func (g *gathering) write(ctx context.Context, rows []json.RawMessage) error {
	fresh := make([]json.RawMessage, 0, len(rows))
	g.lock.Lock()
	for _, row := range rows {
		var r struct {
			ID json.RawMessage `json:"id"`
		}
		if json.Unmarshal(row, &r) == nil && !g.ids[string(r.ID)] {
			g.ids[string(r.ID)] = true
			fresh = append(fresh, row)
		}
	}
	g.lock.Unlock()
	left, err := g.list.write(ctx, fresh)
	if err != nil {
		return err
	}
	g.lock.Lock()
	for reason, n := range left {
		g.left[reason] += n
	}
	g.lock.Unlock()
	g.tell(int64(len(fresh)))
	return nil
}

// tell reports progress.
func (w *walker) tell(rows int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done += rows
	if w.opts.Progress == nil {
		return
	}
	w.opts.Progress(w.progress(w.list.name, w.done, w.total))
}

// page reads one page of a window.
func (w *walker) page(ctx context.Context, part window, number, limit int) (*page, error) {
	query := url.Values{"page": {strconv.Itoa(number)}, "limit": {strconv.Itoa(limit)}}
	if !part.from.IsZero() {
		query.Set(w.list.from, timeOnWire(part.from))
	}
	if !part.to.IsZero() {
		query.Set(w.list.to, timeOnWire(part.to))
	}
	var p page
	if err := w.client.get(ctx, w.list.path, query, &p); err != nil {
		return nil, err
	}
	return &p, nil
}

func timeOnWire(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
