package sqlite

import (
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
	rid     int64 // 0 until there is a row
	merged  merge.Observation
	live    bool
	created int64
	// before is what the row adds to sums.
	before measure
	// pricing is what the pricer said; nil if it doesn't know the model.
	pricing *store.Pricing
	// What was counted of the payloads that stand.
	inputCounts, outputCounts store.Counts
	// oldRow is the row it has left for rid, by coming into another trace.
	oldRow int64

	inputRef, outputRef  int64 // references to payloads, 0 for none
	dirty, input, output bool
	fresh                bool  // rid has no row yet
	updated              int64 // set by an upgrade, else 0
}

func (st *observationState) note(c merge.Change) {
	st.dirty = st.dirty || c.Any
	st.input = st.input || c.Input
	st.output = st.output || c.Output
	st.noteCounts(c, nil, nil)
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

// What a row says was given.
const (
	givenStart = 1 << iota
	givenTrace
	givenUsage
	givenTokens  // the unit of usage is TOKENS
	gotCounted   // the usage was counted here, not given
	gotComputed  // the cost was computed here, not given
	derivedUsage // and two more: the parts of the usage that follow from others
)

// usageBits is derivedUsage and the two more.
const usageBits = int64(store.UsageInput|store.UsageOutput|store.UsageTotal) * derivedUsage

// details are the fields that are rarely there.
type details struct {
	ModelParameters json.RawMessage             `json:"parameters,omitempty"`
	Unit            string                      `json:"unit,omitempty"`
	Usage           map[string]int64            `json:"usage,omitempty"`
	InputCost       *exporter.NanoUSD           `json:"inputCost,omitempty"`
	OutputCost      *exporter.NanoUSD           `json:"outputCost,omitempty"`
	Costs           map[string]exporter.NanoUSD `json:"costs,omitempty"`
	Pricing         *pricingDetails             `json:"pricing,omitempty"`
	InputCounts     store.Counts                `json:"inputCounts,omitempty"`
	OutputCounts    store.Counts                `json:"outputCounts,omitempty"`
}

// encode is the details as JSON, nil if there are none.
func (d *details) encode() ([]byte, error) {
	if len(d.ModelParameters) == 0 && d.Unit == "" && len(d.Usage) == 0 && d.InputCost == nil && d.OutputCost == nil && len(d.Costs) == 0 &&
		d.Pricing == nil && len(d.InputCounts) == 0 && len(d.OutputCounts) == 0 {
		return nil, nil
	}
	return json.Marshal(d)
}

// tokens is the unit that has a bit of its own.
const tokens = "TOKENS"

// observationRow has the columns of a row whose form differs from the fields'.
type observationRow struct {
	start, given                          int64
	level, end, completion, promptVersion *int64
	input, output, total, cost            *int64
	inputRef, outputRef                   *int64
	parent, name, model, prompt           *string
	version, environment, status          *string
	details, metadata                     []byte
	kind                                  int64
	created, updated                      int64
}

// fill fills the fields of an observation that were given, but the trace's id
// and the payloads, and returns what the pricer said.
func (c *observationRow) fill(f *store.ObservationWrite) (*store.Pricing, error) {
	f.Kind = exporter.Kind(c.kind) //nolint:gosec // written from one
	f.ParentID, f.Name, f.Environment = deref(c.parent), deref(c.name), deref(c.environment)
	f.StatusMessage, f.Version, f.Model, f.PromptName = deref(c.status), deref(c.version), deref(c.model), deref(c.prompt)
	f.End, f.CompletionStart = derefTime(c.end), derefTime(c.completion)
	if c.given&givenStart != 0 {
		f.Start = fromMicros(c.start)
	}
	f.Metadata = c.metadata
	if c.level != nil {
		l := exporter.Level(*c.level) //nolint:gosec // written from one
		f.Level = &l
	}
	if c.promptVersion != nil {
		f.PromptVersion = int(*c.promptVersion)
	}
	var d details
	if len(c.details) > 0 {
		if err := json.Unmarshal(c.details, &d); err != nil {
			return nil, fmt.Errorf("details: %w", err)
		}
	}
	f.ModelParameters, f.InputCounts, f.OutputCounts = d.ModelParameters, d.InputCounts, d.OutputCounts
	usage, cost := c.sums(&d)
	p := d.Pricing.pricing()
	if p == nil && c.given&(gotCounted|gotComputed) != 0 {
		p = &store.Pricing{}
	}
	if c.given&gotCounted != 0 {
		p.Usage = usage
	} else {
		f.Usage = usage
	}
	if c.given&gotComputed != 0 {
		p.Cost = cost
	} else {
		f.Cost = cost
	}
	return p, nil
}

// sums are the usage and the cost of a row, wherever they come from.
func (c *observationRow) sums(d *details) (usage *store.Usage, cost *store.Cost) {
	if c.given&(givenUsage|gotCounted) != 0 {
		usage = &store.Usage{Unit: d.Unit, Input: number(c.input), Output: number(c.output), Total: number(c.total), Details: d.Usage}
		if c.given&givenTokens != 0 {
			usage.Unit = tokens
		}
		usage.Derived = store.UsageParts(c.given & usageBits / derivedUsage) //nolint:gosec // three bits
	}
	if c.cost != nil || d.InputCost != nil || d.OutputCost != nil || d.Costs != nil {
		cost = &store.Cost{Input: d.InputCost, Output: d.OutputCost, Total: (*exporter.NanoUSD)(c.cost), Details: d.Costs}
	}
	return usage, cost
}

func number(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

const observationRowColumns = `o.start, o.kind, o.level, o.parent_id, o.name, o.given, o.end, o.model, o.completion_start, o.prompt_name, o.prompt_version,
	o.input_tokens, o.output_tokens, o.total_tokens, o.total_cost, o.version, o.environment, o.created, o.updated, o.input, o.output, o.status_message, o.details, o.metadata`

func (c *observationRow) destinations() []any {
	return []any{
		&c.start, &c.kind, &c.level, &c.parent, &c.name, &c.given, &c.end, &c.model, &c.completion, &c.prompt, &c.promptVersion,
		&c.input, &c.output, &c.total, &c.cost, &c.version, &c.environment, &c.created, &c.updated, &c.inputRef, &c.outputRef, &c.status, &c.details, &c.metadata,
	}
}

// observation loads an observation, or makes its empty state.
func (t *tx) observation(project int64, id string) (*observationState, error) {
	k := key{project, id}
	if st := t.observations[k]; st != nil {
		return st, nil
	}
	st := &observationState{key: k, created: t.now}
	f := &st.merged.Fields
	var c observationRow
	var traceID string
	var registers []byte
	err := t.load(hashOf(observationIDs, project, id), func(rid int64) error {
		return t.row("SELECT "+observationRowColumns+", o.rid, t.id, o.registers FROM observations o JOIN traces t ON t.rid = o.rid >> 24 WHERE o.rid = ? AND o.project = ? AND o.id = ?",
			[]any{rid, project, id}, append(c.destinations(), &st.rid, &traceID, &registers)...)
	})
	switch {
	case errors.Is(err, errNoRow):
		if err := t.restore(store.ThingObservation, k, f, st.merged.Restore); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	default:
		st.live, st.created = true, c.created
		if st.pricing, err = c.fill(f); err != nil {
			return nil, fmt.Errorf("langshark: observation %q: %w", id, err)
		}
		st.inputCounts, st.outputCounts = f.InputCounts, f.OutputCounts
		f.InputCounts, f.OutputCounts = nil, nil
		if c.given&givenTrace != 0 {
			f.TraceID = traceID
		}
		st.inputRef, st.outputRef = number(c.inputRef), number(c.outputRef)
		if err := st.merged.Restore(registers); err != nil {
			return nil, err
		}
		st.before = st.measure()
	}
	t.observations[k] = st
	t.order.observations = append(t.order.observations, st)
	return st, nil
}

const insertObservationRow = `INSERT INTO observations (start, kind, level, parent_id, name, given, end, model, completion_start, prompt_name, prompt_version,
	input_tokens, output_tokens, total_tokens, total_cost, version, environment, created, updated, input, output, status_message, details, metadata, registers,
	rid, project, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const updateObservationRow = `UPDATE observations SET start = ?, kind = ?, level = ?, parent_id = ?, name = ?, given = ?, end = ?, model = ?, completion_start = ?,
	prompt_name = ?, prompt_version = ?, input_tokens = ?, output_tokens = ?, total_tokens = ?, total_cost = ?, version = ?, environment = ?, created = ?, updated = ?,
	input = ?, output = ?, status_message = ?, details = ?, metadata = ?, registers = ? WHERE rid = ?`

// saveObservation writes the row.
func (t *tx) saveObservation(st *observationState) error {
	if st.oldRow != 0 {
		t.dropID(observationIDs, st.project, st.id, st.oldRow)
		if err := t.exec("DELETE FROM observations WHERE rid = ?", st.oldRow); err != nil {
			return err
		}
	}
	f := &st.merged.Fields
	var d details
	given := 0
	if !f.Start.IsZero() {
		given |= givenStart
	}
	if f.TraceID != "" {
		given |= givenTrace
	}
	d.ModelParameters, d.InputCounts, d.OutputCounts = f.ModelParameters, st.inputCounts, st.outputCounts
	d.Pricing = detailsOf(st.pricing)
	reported, charged := st.sums()
	var input, output, total any
	if u := reported; u != nil {
		if f.Usage != nil {
			given |= givenUsage
		} else {
			given |= gotCounted
		}
		if d.Unit, d.Usage = u.Unit, u.Details; u.Unit == tokens {
			d.Unit = ""
			given |= givenTokens
		}
		given |= int(u.Derived) * derivedUsage
		input, output, total = u.Input, u.Output, u.Total
	}
	var cost *int64
	if c := charged; c != nil {
		if f.Cost == nil {
			given |= gotComputed
		}
		d.InputCost, d.OutputCost, d.Costs = c.Input, c.Output, c.Details
		cost = (*int64)(c.Total)
	}
	more, err := d.encode()
	if err != nil {
		return fmt.Errorf("langshark: observation %q: %w", st.id, err)
	}
	var level, promptVersion any
	if f.Level != nil {
		level = int64(*f.Level)
	}
	if f.PromptName != "" {
		promptVersion = f.PromptVersion
	}
	updated := t.now
	if st.updated != 0 {
		updated = st.updated
	}
	values := append(make([]any, 0, 28), st.start(), int64(f.Kind), level, text(f.ParentID), text(f.Name), given, moment(f.End), text(f.Model), moment(f.CompletionStart),
		text(f.PromptName), promptVersion, input, output, total, cost, text(f.Version), text(f.Environment), st.created, updated,
		nonzero(st.inputRef), nonzero(st.outputRef), text(f.StatusMessage), blob(more), blob(f.Metadata), st.merged.Registers(), st.rid)
	if st.fresh {
		t.addID(observationIDs, st.project, st.id, st.rid)
		return t.exec(insertObservationRow, append(values, st.project, st.id)...)
	}
	return t.exec(updateObservationRow, values...)
}

func nonzero(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}
