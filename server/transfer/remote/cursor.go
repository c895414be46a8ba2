package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/server/store"
)

// Langfuse 4 has lists whose pages are linked by cursors: observations that
// carry what it knows of their traces, and scores of any subject.

// cursorLists asks for the lists of Langfuse 4.
func (j *job) cursorLists(ctx context.Context) ([]*listing, error) {
	lists := []*listing{
		{
			name: observations, path: "/api/public/v2/observations", from: "fromStartTime", to: "toStartTime", write: j.writeRich,
			cursor: true, fields: "core,basic,time,io,metadata,model,usage,prompt,trace_context",
		},
		{
			name: scores, path: "/api/public/v3/scores", from: "fromTimestamp", to: "toTimestamp", write: j.writeSubjects,
			cursor: true, fields: "details,subject,annotation",
		},
	}
	for _, l := range lists {
		var p page
		if err := j.client.get(ctx, l.path, url.Values{"limit": {"1"}}, &p); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// runCursor reads page after page, of rows from the watermark up to now.
func (w *walker) runCursor(ctx context.Context) error {
	w.total = -1
	if w.state.Cursor == "" {
		w.state.Until = w.now().UTC().Truncate(time.Millisecond)
	}
	for {
		w.forget()
		p, err := w.cursorPage(ctx, "")
		if (errors.Is(err, errTooLarge) || errors.Is(err, errHeavy)) && w.limit > 1 {
			w.limit /= 2
			continue
		}
		if err == nil {
			p, err = w.expanded(ctx, p)
		}
		if err != nil {
			return err
		}
		left, err := w.list.write(ctx, p.Data)
		if err != nil {
			return err
		}
		w.keep(w.state, tally{int64(len(p.Data)), left}, false)
		w.tell(0)
		if w.state.Cursor = p.Meta.Cursor; p.Meta.Cursor == "" {
			w.state.Watermark = w.state.Until
			return w.save(false)
		}
		if err := w.save(false); err != nil {
			return err
		}
	}
}

func (w *walker) cursorPage(ctx context.Context, expand string) (*page, error) {
	query := url.Values{"limit": {strconv.Itoa(w.limit)}, "fields": {w.list.fields}, w.list.to: {timeOnWire(w.state.Until)}}
	if !w.state.Watermark.IsZero() {
		query.Set(w.list.from, timeOnWire(w.state.Watermark))
	}
	if w.state.Cursor != "" {
		query.Set("cursor", w.state.Cursor)
	}
	if expand != "" {
		query.Set("expandMetadata", expand)
	}
	var p page
	if err := w.client.get(ctx, w.list.path, query, &p); err != nil {
		return nil, err
	}
	return &p, nil
}

// cutAt is where the server cuts values of metadata, unless it is asked for them.
const cutAt = 200

// expanded reads the page again if values of metadata may have been cut.
func (w *walker) expanded(ctx context.Context, p *page) (*page, error) {
	keys := map[string]bool{}
	for _, raw := range p.Data {
		var in struct {
			Metadata map[string]json.RawMessage `json:"metadata"`
		}
		if json.Unmarshal(raw, &in) != nil {
			continue
		}
		for key, v := range in.Metadata {
			if len(v) >= cutAt && !strings.Contains(key, ",") {
				keys[key] = true
			}
		}
	}
	if len(keys) == 0 || w.list.name != observations {
		return p, nil
	}
	whole, err := w.cursorPage(ctx, strings.Join(slices.Sorted(maps.Keys(keys)), ","))
	if err != nil {
		return nil, err
	}
	return whole, nil
}

// rich is an observation of Langfuse 4.
type rich struct {
	row
	Model     text   `json:"providedModelName"`
	TraceName text   `json:"traceName"`
	TotalCost number `json:"totalCost"`
	Root      *bool  `json:"isRootObservation"`
}

// writeRich writes observations, and the traces that their roots tell of.
func (j *job) writeRich(ctx context.Context, rows []json.RawMessage) (map[string]int64, error) {
	roots := int64(0)
	lost := map[string]int64{}
	b, left := j.gather(rows, func(r *reader, b *store.Batch, raw json.RawMessage) error {
		var in rich
		if json.Unmarshal(raw, &in) != nil {
			return errOddRow
		}
		in.row.Model, in.Input, in.Output = in.Model, unwrapped(in.Input), unwrapped(in.Output)
		if in.row.TotalCost == "" {
			in.row.TotalCost = in.TotalCost
		}
		w, err := r.observation(&in.row)
		if err != nil {
			return err
		}
		b.Observations = append(b.Observations, w)
		if root := in.ParentID == ""; !root && (in.Root == nil || !*in.Root) || w.TraceID == "" {
			return nil
		}
		roots++
		of := in.row
		of.ID, of.Name, of.Timestamp, of.Metadata = in.TraceID, in.TraceName, in.StartTime, nil
		if t, err := r.trace(&of); err != nil {
			lost[err.Error()]++
		} else {
			b.Traces = append(b.Traces, t)
		}
		return nil
	})
	if err := j.write(ctx, b); err != nil {
		return nil, err
	}
	j.count(traces, roots, lost)
	return left, nil
}

// unwrapped is the JSON in a string that holds an object or a list: inputs and
// outputs come as strings.
func unwrapped(raw json.RawMessage) json.RawMessage {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return raw
	}
	inner := bytes.TrimSpace([]byte(s))
	if len(inner) > 0 && (inner[0] == '{' || inner[0] == '[') && json.Valid(inner) {
		return inner
	}
	return raw
}

// writeSubjects writes scores that name what they are of.
func (j *job) writeSubjects(ctx context.Context, rows []json.RawMessage) (map[string]int64, error) {
	b, left := j.gather(rows, func(r *reader, b *store.Batch, raw json.RawMessage) error {
		var in struct {
			row
			Subject struct {
				Kind    string `json:"kind"`
				ID      text   `json:"id"`
				TraceID text   `json:"traceId"`
			} `json:"subject"`
		}
		if json.Unmarshal(raw, &in) != nil {
			return errOddRow
		}
		switch in.Subject.Kind {
		case "trace":
			in.TraceID = in.Subject.ID
		case "observation":
			in.TraceID, in.ObservationID = in.Subject.TraceID, in.Subject.ID
		case "session":
			in.SessionID = in.Subject.ID
		case "experiment":
			in.DatasetRunID = in.Subject.ID
		}
		return putScore(r, b, &in.row)
	})
	return left, j.write(ctx, b)
}
