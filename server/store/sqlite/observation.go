package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/merge"
)

// observationState is an observation within a transaction.
type observationState struct {
	key
	rid      int64 // 0 until there is a row
	merged   merge.Observation
	live     bool
	created  int64
	traceRow int64 // of the row, 0 without one

	dirty, input, output bool
}

func (st *observationState) note(c merge.Change) {
	st.dirty = st.dirty || c.Any
	st.input = st.input || c.Input
	st.output = st.output || c.Output
}

// traceID is the trace the observation belongs to.
func (st *observationState) traceID() string {
	if id := st.merged.Fields.TraceID; id != "" {
		return id
	}
	return merge.OwnTrace(st.id)
}

// mentions reports whether the observation was ever given the trace.
func (st *observationState) mentions(traceID string) bool {
	return st.traceID() == traceID || slices.Contains(st.merged.Mentions(), traceID)
}

// start is the given start, else when the server first heard of the observation.
func (st *observationState) start() int64 {
	if s := st.merged.Fields.Start; !s.IsZero() {
		return micros(s)
	}
	return st.created
}

const selectObservationState = `SELECT rid, trace_rid, created, given_trace, parent_id, kind, name, environment, given_start, end, level,
	status_message, version, metadata, model, model_parameters, completion_start, prompt_name, prompt_version,
	usage_unit, input_tokens, output_tokens, total_tokens, usage_details, input_cost, output_cost, total_cost, cost_details, registers
	FROM observations WHERE project = ? AND id = ?`

// observation loads an observation, or makes its empty state.
func (t *tx) observation(ctx context.Context, project int64, id string) (*observationState, error) {
	k := key{project, id}
	if st := t.observations[k]; st != nil {
		return st, nil
	}
	st := &observationState{key: k, created: t.now}
	f := &st.merged.Fields
	var traceID, parent, name, environment, status, version, model, prompt *string
	var start, end, completion, level, promptVersion *int64
	var metadata, parameters, registers []byte
	var u usageColumns
	err := t.row(ctx, selectObservationState, []any{project, id}, &st.rid, &st.traceRow, &st.created, &traceID, &parent, &f.Kind, &name,
		&environment, &start, &end, &level, &status, &version, &metadata, &model, &parameters, &completion, &prompt, &promptVersion,
		&u.unit, &u.input, &u.output, &u.total, &u.details, &u.inputCost, &u.outputCost, &u.totalCost, &u.costDetails, &registers)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if err := t.restore(ctx, store.ThingObservation, k, f, st.merged.Restore); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		st.live = true
		f.TraceID, f.ParentID, f.Name, f.Environment = deref(traceID), deref(parent), deref(name), deref(environment)
		f.StatusMessage, f.Version, f.Model, f.PromptName = deref(status), deref(version), deref(model), deref(prompt)
		f.Start, f.End, f.CompletionStart = derefTime(start), derefTime(end), derefTime(completion)
		f.Metadata, f.ModelParameters = metadata, parameters
		if level != nil {
			l := exporter.Level(*level)
			f.Level = &l
		}
		if promptVersion != nil {
			f.PromptVersion = int(*promptVersion)
		}
		if f.Usage, f.Cost, err = u.values(); err != nil {
			return nil, fmt.Errorf("langshark: observation %q: %w", id, err)
		}
		if err := st.merged.Restore(registers); err != nil {
			return nil, err
		}
	}
	t.observations[k] = st
	t.order.observations = append(t.order.observations, st)
	return st, nil
}

// usageColumns are the columns of usage and cost.
type usageColumns struct {
	unit, details, costDetails       *string
	input, output, total             *int64
	inputCost, outputCost, totalCost *int64
}

func (u *usageColumns) values() (usage *store.Usage, cost *store.Cost, err error) {
	if u.input != nil {
		usage = &store.Usage{Unit: deref(u.unit), Input: *u.input, Output: *u.output, Total: *u.total}
		if u.details != nil {
			err = json.Unmarshal([]byte(*u.details), &usage.Details)
		}
	}
	if u.inputCost != nil || u.outputCost != nil || u.totalCost != nil || u.costDetails != nil {
		cost = &store.Cost{Input: (*exporter.NanoUSD)(u.inputCost), Output: (*exporter.NanoUSD)(u.outputCost), Total: (*exporter.NanoUSD)(u.totalCost)}
		if u.costDetails != nil {
			err = errors.Join(err, json.Unmarshal([]byte(*u.costDetails), &cost.Details))
		}
	}
	return usage, cost, err
}

const writeObservationRow = `INSERT INTO observations (rid, project, id, trace_rid, given_trace, parent_id, kind, name, environment, start,
	given_start, end, level, status_message, version, metadata, model, model_parameters, completion_start, prompt_name, prompt_version,
	usage_unit, input_tokens, output_tokens, total_tokens, usage_details, input_cost, output_cost, total_cost, cost_details, created, updated, registers)
	VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33)`

const updateObservationRow = `UPDATE observations SET trace_rid = ?4, given_trace = ?5, parent_id = ?6, kind = ?7, name = ?8, environment = ?9, start = ?10,
	given_start = ?11, end = ?12, level = ?13, status_message = ?14, version = ?15, metadata = ?16, model = ?17, model_parameters = ?18,
	completion_start = ?19, prompt_name = ?20, prompt_version = ?21, usage_unit = ?22, input_tokens = ?23, output_tokens = ?24,
	total_tokens = ?25, usage_details = ?26, input_cost = ?27, output_cost = ?28, total_cost = ?29, cost_details = ?30, created = ?31, updated = ?32,
	registers = ?33 WHERE rid = ?1 AND project = ?2 AND id = ?3`

// saveObservation writes the row and the payloads that changed.
func (t *tx) saveObservation(ctx context.Context, st *observationState, traceRow int64) error {
	f := &st.merged.Fields
	var usage store.Usage
	var tokens [3]any
	if f.Usage != nil {
		usage = *f.Usage
		tokens = [3]any{usage.Input, usage.Output, usage.Total}
	}
	var cost store.Cost
	if f.Cost != nil {
		cost = *f.Cost
	}
	details, err := object(usage.Details)
	if err != nil {
		return err
	}
	costDetails, err := object(cost.Details)
	if err != nil {
		return err
	}
	var level, promptVersion any
	if f.Level != nil {
		level = int64(*f.Level)
	}
	if f.PromptName != "" {
		promptVersion = f.PromptVersion
	}
	var rid any
	query := writeObservationRow
	if st.rid != 0 {
		rid, query = st.rid, updateObservationRow
	}
	row, err := t.insert(ctx, query, rid, st.project, st.id, traceRow, text(f.TraceID), text(f.ParentID), int64(f.Kind), text(f.Name),
		text(f.Environment), st.start(), moment(f.Start), moment(f.End), level, text(f.StatusMessage), text(f.Version), blob(f.Metadata),
		text(f.Model), blob(f.ModelParameters), moment(f.CompletionStart), text(f.PromptName), promptVersion,
		text(usage.Unit), tokens[0], tokens[1], tokens[2], details, nano(cost.Input), nano(cost.Output), nano(cost.Total), costDetails,
		st.created, t.now, st.merged.Registers())
	if err != nil {
		return err
	}
	if st.rid == 0 {
		st.rid = row
	}
	st.traceRow = traceRow
	return t.savePayload(ctx, "observation_payloads", st.rid, st.input, f.Input, st.output, f.Output)
}

// savePayload writes the parts of a payload that changed.
func (t *tx) savePayload(ctx context.Context, table string, rid int64, setInput bool, input []byte, setOutput bool, output []byte) error {
	switch {
	case setInput && setOutput:
		return t.exec(ctx, "INSERT INTO "+table+" (rid, input, output) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET input = excluded.input, output = excluded.output",
			rid, blob(input), blob(output))
	case setInput:
		return t.exec(ctx, "INSERT INTO "+table+" (rid, input) VALUES (?, ?) ON CONFLICT DO UPDATE SET input = excluded.input", rid, blob(input))
	case setOutput:
		return t.exec(ctx, "INSERT INTO "+table+" (rid, output) VALUES (?, ?) ON CONFLICT DO UPDATE SET output = excluded.output", rid, blob(output))
	}
	return nil
}

func nano(n *exporter.NanoUSD) any {
	if n == nil {
		return nil
	}
	return int64(*n)
}
