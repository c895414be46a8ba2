package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/server/store"
)

const (
	// maxSearchTime is how long a page looks further; it looks at searchStep
	// candidates at once.
	maxSearchTime = 500 * time.Millisecond
	searchStep    = 100
	// maxTerms bounds a query.
	maxTerms     = 20
	snippetBytes = 200
)

// Search implements [store.Store]. The index says where the words may be; each
// candidate is then read and looked at.
func (s *Store) Search(ctx context.Context, projectID string, q store.SearchQuery) (store.SearchPage, error) {
	var page store.SearchPage
	project, err := s.project(ctx, projectID)
	if err != nil {
		return page, err
	}
	if len(q.Text) > maxSearchQuery {
		return page, fmt.Errorf("langshark: a search of %d bytes: %w: at most %d", len(q.Text), store.ErrBadQuery, maxSearchQuery)
	}
	terms := parseSearch(q.Text)
	switch {
	case len(terms) == 0:
		return page, fmt.Errorf("langshark: search for %q: %w: give at least one word", q.Text, store.ErrBadQuery)
	case len(terms) > maxTerms:
		return page, fmt.Errorf("langshark: search for %d words: %w: give at most %d", len(terms), store.ErrBadQuery, maxTerms)
	}
	before := int64(1) << 62
	if q.After != "" {
		if _, before, err = parseCursor(ofHits, q.After); err != nil {
			return page, err
		}
	}
	q.Limit = limit(store.Page{Limit: q.Limit})
	from, to := bounds(q.From, q.To)
	deadline := time.Now().Add(maxSearchTime)
	err = s.snapshot(ctx, "search", func(tx *sql.Tx) error {
		for {
			owners, err := searchCandidates(ctx, tx, match(project, terms), before)
			if err != nil {
				return err
			}
			for _, owner := range owners {
				if err := ctx.Err(); err != nil {
					return err
				}
				hit, err := s.searchHit(ctx, tx, owner, project, terms, from, to)
				if err != nil {
					return err
				}
				if hit != nil {
					if len(page.Hits) == q.Limit {
						page.Next = makeCursor(ofHits, 0, before)
						return nil
					}
					page.Hits = append(page.Hits, *hit)
				}
				before = owner
			}
			if len(owners) < searchStep {
				return nil
			}
			if time.Now().After(deadline) {
				page.Next = makeCursor(ofHits, 0, before)
				return nil
			}
		}
	})
	return page, err
}

func searchCandidates(ctx context.Context, tx *sql.Tx, match string, before int64) ([]int64, error) {
	rows, err := tx.QueryContext(ctx, "SELECT rowid FROM search WHERE search MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?", match, before, searchStep)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var owners []int64
	for rows.Next() {
		var owner int64
		if err := rows.Scan(&owner); err != nil {
			return nil, err
		}
		owners = append(owners, owner)
	}
	return owners, rows.Err()
}

// searchHit reads a candidate; nil if it isn't one.
func (s *Store) searchHit(ctx context.Context, tx *sql.Tx, owner, project int64, terms []term, from, to int64) (*store.SearchHit, error) {
	var hit store.SearchHit
	var refs payloadRefs
	var of, ts int64
	query, row := `SELECT o.project, t.ts, t.id, o.id, ifnull(o.name, ''), o.input, o.output FROM observations o JOIN traces t ON t.rid = o.rid >> 24 WHERE o.rid = ?`, owner
	if isTrace(owner) {
		query, row = "SELECT project, ts, id, '', ifnull(name, ''), input, output FROM traces WHERE rid = ?", traceOf(owner)
	}
	err := tx.QueryRowContext(ctx, query, row).Scan(&of, &ts, &hit.TraceID, &hit.ObservationID, &hit.Name, &refs.input, &refs.output)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // the index lags behind
	}
	if err != nil || of != project || ts < from || ts >= to {
		return nil, err
	}
	hit.Time = fromMicros(ts)
	var texts [2][]string
	err = s.payloads(ctx, tx, []payloadRefs{refs}, func(_ int, input, output json.RawMessage) {
		payloadText(input, func(t string) { texts[0] = append(texts[0], t) })
		payloadText(output, func(t string) { texts[1] = append(texts[1], t) })
	})
	if err != nil {
		return nil, err
	}
	for n := range terms {
		if !look(&hit, &terms[n], texts, n == 0) {
			return nil, nil //nolint:nilnil // the index knows words, not where they stand
		}
	}
	return &hit, nil
}

// look reports whether a term is in any of the texts, and keeps what stands around it.
func look(h *store.SearchHit, t *term, texts [2][]string, keep bool) bool {
	for side, list := range texts {
		for _, text := range list {
			lower := strings.ToLower(text)
			at := t.find(lower)
			if at < 0 {
				continue
			}
			if keep {
				if len(lower) != len(text) { // lower case has other lengths in some scripts
					text = lower
				}
				h.Snippet, h.Output = snippet(text, at, len(t.text)), side == 1
			}
			return true
		}
	}
	return false
}

// cut marks where a snippet leaves something out.
const cut = "…"

// snippet cuts what stands around a place, at characters.
func snippet(text string, at, size int) string {
	if len(text) <= snippetBytes {
		return strings.ToValidUTF8(text, "")
	}
	const most = snippetBytes - 2*len(cut)
	from := max(0, at-max(0, most-size)/2)
	to := min(len(text), from+most)
	from = max(0, min(from, to-most))
	for from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	for to > from && to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	out := strings.ToValidUTF8(text[from:to], "")
	if from > 0 {
		out = cut + out
	}
	if to < len(text) {
		out += cut
	}
	return out
}
