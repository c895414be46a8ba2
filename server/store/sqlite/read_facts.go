package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// factSource is where the facts of a view are read from.
type factSource struct {
	from, project, time string
	columns             map[string]string
}

// The columns that the trace has in all views but its own.
var traceFacts = map[string]string{
	"userId": "t.user_id", "sessionId": "t.session_id", "release": "t.release", "tags": "t.tags", "traceName": "t.name", "traceVersion": "t.version",
}

var factSources = map[store.View]factSource{
	store.ViewTraces: {"traces t INDEXED BY traces_by_time", "t.project", "t.ts", map[string]string{
		"id": "t.id", "name": "t.name", "environment": "ifnull(t.environment, 'default')", "userId": "t.user_id", "sessionId": "t.session_id", "release": "t.release",
		"version": "t.version", "tags": "t.tags", "timestamp": "t.ts", "latency": "max(ifnull(t.last_end, t.last_start) - t.started, 0)",
		"observationsCount": "t.observations", "scoresCount": "(SELECT count(*) FROM scores s WHERE s.project = t.project AND s.trace_id = t.id)",
		"errorCount": "t.errors", "warningCount": "t.warnings", "inputTokens": "t.input_tokens", "outputTokens": "t.output_tokens", "totalTokens": "t.total_tokens",
		"totalCost": "iif(t.costs > 0, t.cost, NULL)", "metadata": metadataOf("t"),
	}},
	store.ViewObservations: {"observations o INDEXED BY observations_by_start JOIN traces t ON t.rid = o.rid >> 24", "o.project", "o.start", withTrace(map[string]string{
		"id": "o.id", "traceId": "t.id", "parentObservationId": "o.parent_id", "type": "o.kind", "name": "o.name", "level": "ifnull(o.level, 0)", "version": "o.version",
		"environment": "ifnull(o.environment, ifnull(t.environment, 'default'))", "statusMessage": "o.status_message", "providedModelName": "o.model",
		"promptName": "o.prompt_name", "promptVersion": "o.prompt_version", "isRootObservation": "o.parent_id IS NULL", "startTime": "o.start", "endTime": "o.end",
		"latency": "max(o.end - o.start, 0)", "timeToFirstToken": "max(o.completion_start - o.start, 0)", "streamingLatency": "max(o.end - o.completion_start, 0)",
		"inputTokens": cutTo("o.input_tokens", store.MaxTokens), "outputTokens": cutTo("o.output_tokens", store.MaxTokens), "totalTokens": cutTo("o.total_tokens", store.MaxTokens),
		"totalCost":   cutTo("o.total_cost", int64(store.MaxCost)),
		"inputCost":   cutTo("json_extract(CAST(o.details AS TEXT), '$.inputCost')", int64(store.MaxCost)),
		"outputCost":  cutTo("json_extract(CAST(o.details AS TEXT), '$.outputCost')", int64(store.MaxCost)),
		"countScores": "(SELECT count(*) FROM scores s WHERE s.project = o.project AND s.trace_id = t.id AND s.observation_id = o.id)", "metadata": metadataOf("o"),
	})},
	store.ViewScores: {"scores s INDEXED BY scores_by_time", "s.project", "s.ts", map[string]string{
		"id": "s.id", "name": "s.name", "source": "ifnull(s.source, 'API')", "dataType": "s.type", "configId": "s.config_id", "environment": "ifnull(s.environment, 'default')",
		"traceId": "s.trace_id", "observationId": "s.observation_id", "sessionId": "s.session_id", "timestamp": "s.ts", "value": "s.number", "stringValue": "s.text", "metadata": metadataOf("s"),
	}},
}

// What scores have of the observation that they are of.
var observationFacts = map[string]string{
	"observationName": "o.name", "observationModelName": "o.model", "observationPromptName": "o.prompt_name", "observationPromptVersion": "o.prompt_version",
}

func withTrace(columns map[string]string) map[string]string {
	maps.Copy(columns, traceFacts)
	return columns
}

// cutTo bounds a column as sums are bounded, so that all views say the same.
func cutTo(column string, most int64) string {
	return fmt.Sprintf("max(min(%s, %d), -%d)", column, most, most)
}

// metadataOf is a top-level key of the metadata as text.
func metadataOf(table string) string {
	return "(SELECT CASE type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN NULL ELSE CAST(value AS TEXT) END FROM json_each(iif(json_valid(CAST(" + table + ".metadata AS TEXT)), CAST(" + table + ".metadata AS TEXT), '{}')) WHERE key = ? LIMIT 1)"
}

// Facts implements [store.Facts].
func (s *Store) Facts(ctx context.Context, projectID string, q store.FactQuery, f func(values []any) error) error {
	project, err := s.project(ctx, projectID)
	if err != nil {
		return err
	}
	if err := q.Check(); err != nil {
		return err
	}
	from, to := bounds(q.From, q.To)
	defer s.readLong()()
	view := s.ids.view()
	return s.snapshotOf(ctx, s.long, "facts", func(tx *sql.Tx) error {
		source := factSources[q.View]
		sources := []map[string]string{source.columns}
		if q.View == store.ViewScores {
			sources = append(sources, traceFacts, observationFacts)
		}
		r := factReader{ctx: ctx, tx: tx, of: q.View}
		query, args := r.query(q.Fields, sources)
		args = append(args, project, from, to)
		query += " FROM " + source.from + " WHERE " + source.project + " = ? AND " + source.time + " >= ? AND " + source.time + " < ?"
		if q.View == store.ViewScores && (r.ofTrace || r.ofObservation) {
			return r.scores(s, view, project, query, args, f)
		}
		return r.read(query, args, f)
	})
}

// factReader reads the columns of one query.
type factReader struct {
	ctx                    context.Context //nolint:containedctx // it lives as long as the call
	tx                     *sql.Tx
	of                     store.View
	fields                 []store.FactField
	ofTrace, ofObservation bool // scores need columns that are not theirs
}

// query is the list of columns; those of another table than the view's are null for now.
func (r *factReader) query(fields []store.FactField, sources []map[string]string) (query string, args []any) {
	r.fields = fields
	columns := []string{"1"}
	for _, f := range fields {
		column, ok := sources[0][f.Name]
		if f.Key != "" {
			args = append(args, f.Key)
		}
		if !ok {
			column = "NULL"
		}
		columns = append(columns, column)
		if len(sources) > 1 {
			_, trace := sources[1][f.Name]
			_, observation := sources[2][f.Name]
			r.ofTrace, r.ofObservation = r.ofTrace || trace, r.ofObservation || observation
		}
	}
	return "SELECT " + strings.Join(columns, ", "), args
}

// read calls f for each row.
func (r *factReader) read(query string, args []any, f func(values []any) error) error {
	values := make([]any, len(r.fields)+1)
	pointers := make([]any, len(values))
	for i := range values {
		pointers[i] = &values[i]
	}
	return each(r.ctx, r.tx, query, args, func(rows *sql.Rows) error {
		if err := rows.Scan(pointers...); err != nil {
			return err
		}
		for i, field := range r.fields {
			v, err := r.value(field.Name, values[i+1])
			if err != nil {
				return err
			}
			values[i+1] = v
		}
		return f(values[1:])
	})
}

// value is a column as [store.FactType] says.
func (r *factReader) value(field string, v any) (any, error) {
	if b, ok := v.([]byte); ok {
		v = string(b)
	}
	if v == nil {
		return nil, nil //nolint:nilnil // there is no value
	}
	kind, _ := store.FactTypeOf(r.of, field)
	switch x := v.(type) {
	case int64:
		switch {
		case kind == store.FactFlag:
			return x != 0, nil
		case field == "type":
			return strings.ToUpper(exporter.Kind(x).String()), nil //nolint:gosec // written from one
		case field == "level":
			return exporter.Level(x).String(), nil //nolint:gosec // written from one
		}
	case string:
		if kind == store.FactList {
			var list []string
			if err := json.Unmarshal([]byte(x), &list); err != nil {
				return nil, fmt.Errorf("%s: %w", field, err)
			}
			return list, nil
		}
	}
	return v, nil
}

// factScores is how many scores are read before their traces and observations are.
const factScores = 500

// scores reads scores with columns of their traces and observations.
func (r *factReader) scores(s *Store, view *generation, project int64, query string, args []any, f func(values []any) error) error {
	own := len(r.fields)
	r.fields = append(append([]store.FactField{}, r.fields...), store.FactField{Name: "traceId"}, store.FactField{Name: "observationId"})
	query = strings.Replace(query, " FROM scores", ", s.trace_id, s.observation_id FROM scores", 1)
	var rows [][]any
	flush := func() error {
		for _, of := range []struct {
			needed        bool
			kind          byte
			key           int
			table, source string
			columns       map[string]string
		}{
			{r.ofTrace, traceIDs, own, "t.", "traces t", traceFacts},
			{r.ofObservation, observationIDs, own + 1, "o.", "observations o", observationFacts},
		} {
			if !of.needed {
				continue
			}
			err := r.join(s, view, project, rows, own, of.kind, of.key, of.table, of.source, of.columns)
			if err != nil {
				return err
			}
		}
		for _, row := range rows {
			if err := f(row[:own]); err != nil {
				return err
			}
		}
		rows = rows[:0]
		return nil
	}
	err := r.read(query, args, func(values []any) error {
		rows = append(rows, append([]any{}, values...))
		if len(rows) < factScores {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

// join fills columns of another table into rows that name its things.
func (r *factReader) join(s *Store, view *generation, project int64, rows [][]any, own int, kind byte, key int, table, source string, columns map[string]string) error {
	byName := map[string][][]any{}
	var names []string
	for _, row := range rows {
		name, ok := row[key].(string)
		if !ok {
			continue
		}
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], row)
	}
	if len(names) == 0 {
		return nil
	}
	those, err := s.rowsOf(r.ctx, r.tx, view, kind, project, names)
	if err != nil {
		return err
	}
	w := &where{}
	w.project(table, project, names)
	byID(w, table, names, those)
	list, wanted := []string{table + "id"}, []int{}
	for i, f := range r.fields[:own] {
		if column, ok := columns[f.Name]; ok {
			list, wanted = append(list, column), append(wanted, i)
		}
	}
	other := factReader{ctx: r.ctx, tx: r.tx, of: r.of, fields: []store.FactField{{Name: "id"}}}
	for _, i := range wanted {
		other.fields = append(other.fields, r.fields[i])
	}
	return other.read("SELECT 1, "+strings.Join(list, ", ")+" FROM "+source+w.String(), w.args, func(values []any) error {
		name, _ := values[0].(string)
		for _, row := range byName[name] {
			for n, i := range wanted {
				if row[i] == nil { // a score may have a session of its own
					row[i] = values[n+1]
				}
			}
		}
		return nil
	})
}
