package ingest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// What comes with the public half of a key alone comes from anybody who reads it in
// a page: scores, few at once, which can be told from others and touch no others.

// MaxFeedback is how many events a batch with the public half of a key may have.
const MaxFeedback = 100

// feedbackKey is in the metadata of every score that came so.
const feedbackKey = "langshark.feedback"

// fromPublic makes an event what a public key may send. Its time is the server's, so that no
// later write is held up by a time to come.
func (it *item) fromPublic(now time.Time) {
	it.at = now
	if it.score == nil {
		return
	}
	it.score.Time = now.UnixNano()
	it.score.Timestamp = now
	it.score.Source = "" // which is API to whoever reads it: a source is named by the whole key alone
	it.score.Metadata = marked(it.score.Metadata)
}

// marked is metadata with the key. What isn't an object becomes its value.
func marked(metadata []byte) []byte {
	mark := []byte(`{` + strconv.Quote(feedbackKey) + `:true`)
	rest := bytes.TrimSpace(metadata)
	switch {
	case len(rest) == 0 || bytes.Equal(rest, []byte("{}")):
		return append(mark, '}')
	case rest[0] == '{':
		return append(append(mark, ','), rest[1:]...)
	}
	return append(append(append(mark, `,"metadata":`...), rest...), '}')
}

// feedback leaves out the scores that are not the public key's to change: those that were written with the whole key,
// even if the public key was first to use the id.
func (g *Ingester) feedback(ctx context.Context, access Access, items []item, r *Result) ([]item, error) {
	ids := make([]string, 0, len(items))
	for i := range items {
		if items[i].score != nil {
			ids = append(ids, items[i].score.ID)
		}
	}
	if len(ids) == 0 {
		return items, nil
	}
	page, err := g.store.Scores(ctx, access.ProjectID, store.ScoreQuery{IDs: ids, Page: store.Page{Limit: len(ids)}})
	if err != nil {
		return nil, err
	}
	others := map[string]bool{}
	for i := range page.Scores {
		others[page.Scores[i].ID] = page.Scores[i].Sourced || !bytes.Contains(page.Scores[i].Metadata, []byte(strconv.Quote(feedbackKey)+`:true`))
	}
	kept := items[:0]
	for _, it := range items {
		if it.score != nil && others[it.score.ID] {
			r.rejected = append(r.rejected, it.kind)
			r.Errors = append(r.Errors, Failure{
				ID: it.id, Status: http.StatusForbidden, Message: "Access denied",
				Error: fmt.Sprintf("score %s was written with a secret key: a public key alone can't change it", short(it.score.ID)),
			})
			continue
		}
		kept = append(kept, it)
	}
	return kept, nil
}
