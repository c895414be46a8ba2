package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// moveRows moves the rows of schema 1, of which each observation and trace had
// payloads of its own, into the tables of schema 2. It goes trace by trace, with
// the code that writes what clients send, so that all sums come about the same way.
func moveRows(ctx context.Context, s *Store, d *db) error {
	var traces []int64
	err := d.rows("SELECT rid FROM traces_v1 ORDER BY rid", nil, func(r driverRow) error {
		var rid int64
		err := r.Scan(&rid)
		traces = append(traces, rid)
		return err
	})
	if err != nil {
		return err
	}
	for len(traces) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(traces), 100)
		t, err := s.begin(d)
		if err != nil {
			return err
		}
		t.upgrade = true
		for _, rid := range traces[:n] {
			if err := moveTrace(t, rid); err != nil {
				return err
			}
		}
		if err := t.flush(); err != nil {
			return err
		}
		traces = traces[n:]
	}
	if err := d.exec("UPDATE traces SET bookmarked = 1 WHERE (project, id) IN (SELECT project, id FROM traces_v1 WHERE bookmarked)"); err != nil {
		return err
	}
	return d.script("DROP TABLE traces_v1; DROP TABLE observations_v1; DROP TABLE trace_payloads; DROP TABLE observation_payloads")
}

func moveTrace(t *tx, rid int64) error {
	st := &traceState{next: 1, dirty: true, input: true, output: true}
	f := &st.merged.Fields
	var givenTS *int64
	var name, user, session, environment, release, version, tags *string
	var metadata, registers, input, output []byte
	err := t.row(`SELECT t.project, t.id, t.events, t.created, t.updated, t.given_ts, t.name, t.user_id, t.session_id, t.environment, t.release, t.version, t.public,
		t.tags, t.metadata, t.registers, p.input, p.output FROM traces_v1 t LEFT JOIN trace_payloads p ON p.rid = t.rid WHERE t.rid = ?`, []any{rid},
		&st.project, &st.id, &st.events, &st.created, &st.updated, &givenTS, &name, &user, &session, &environment, &release, &version, &f.Public,
		&tags, &metadata, &registers, &input, &output)
	if err != nil {
		return err
	}
	var p packer
	if st.events {
		f.Timestamp = derefTime(givenTS)
		f.Name, f.UserID, f.SessionID = deref(name), deref(user), deref(session)
		f.Environment, f.Release, f.Version = deref(environment), deref(release), deref(version)
		f.Metadata = metadata
		if tags != nil {
			if err := json.Unmarshal([]byte(*tags), &f.Tags); err != nil {
				return fmt.Errorf("tags of trace %q: %w", st.id, err)
			}
		}
		if err := st.merged.Restore(registers); err != nil {
			return err
		}
	}
	if f.Input, f.Output, err = t.repack(&p, st.id, input, output); err != nil {
		return err
	}
	t.traces[st.key] = st
	t.order.traces = append(t.order.traces, st)
	if err := moveObservations(t, &p, st.id, rid); err != nil {
		return err
	}
	st.dirty = st.events // the rest of one that only its observations speak of is in its tombstone
	blocks, _ := p.pack(t.s.codecs.fallback)
	for _, b := range blocks {
		t.blocks[b.id] = b
	}
	return nil
}

// repack takes two payloads in the form of schema 1: none, or a byte 0 and the
// bytes, or a byte 1 and them compressed.
func (t *tx) repack(p *packer, trace string, input, output []byte) (in, out json.RawMessage, err error) {
	unpack := func(b []byte) ([]byte, error) {
		if len(b) == 0 {
			return nil, nil
		}
		return t.s.codecs.decompress(b) // formPlain and formZstd are the same
	}
	rawIn, err := unpack(input)
	if err != nil {
		return nil, nil, err
	}
	rawOut, err := unpack(output)
	if err != nil {
		return nil, nil, err
	}
	return p.add(trace, rawIn, false), p.add(trace, rawOut, true), nil
}

func moveObservations(t *tx, p *packer, trace string, rid int64) error {
	return t.d.rows(`SELECT o.project, o.id, o.created, o.updated, o.given_trace, o.parent_id, o.kind, o.name, o.environment, o.given_start, o.end, o.level,
		o.status_message, o.version, o.metadata, o.model, o.model_parameters, o.completion_start, o.prompt_name, o.prompt_version,
		o.usage_unit, o.input_tokens, o.output_tokens, o.total_tokens, o.usage_details, o.input_cost, o.output_cost, o.total_cost, o.cost_details, o.registers, p.input, p.output
		FROM observations_v1 o LEFT JOIN observation_payloads p ON p.rid = o.rid WHERE o.trace_rid = ? ORDER BY o.rid`, []any{rid}, func(r driverRow) error {
		st := &observationState{live: true, dirty: true, input: true, output: true}
		f := &st.merged.Fields
		var kind int64
		var given, parent, name, environment, status, version, model, prompt, unit, usageDetails, costDetails *string
		var start, end, completion, level, promptVersion, in, out, total, inCost, outCost, totalCost *int64
		var metadata, parameters, registers, input, output []byte
		err := r.Scan(&st.project, &st.id, &st.created, &st.updated, &given, &parent, &kind, &name, &environment, &start, &end, &level,
			&status, &version, &metadata, &model, &parameters, &completion, &prompt, &promptVersion,
			&unit, &in, &out, &total, &usageDetails, &inCost, &outCost, &totalCost, &costDetails, &registers, &input, &output)
		if err != nil {
			return err
		}
		f.Kind = exporter.Kind(kind) //nolint:gosec // written from one
		f.TraceID, f.ParentID, f.Name, f.Environment = deref(given), deref(parent), deref(name), deref(environment)
		f.StatusMessage, f.Version, f.Model, f.PromptName = deref(status), deref(version), deref(model), deref(prompt)
		f.Start, f.End, f.CompletionStart = derefTime(start), derefTime(end), derefTime(completion)
		f.Metadata, f.ModelParameters = metadata, parameters
		if level != nil {
			l := exporter.Level(*level) //nolint:gosec // written from one
			f.Level = &l
		}
		if promptVersion != nil {
			f.PromptVersion = int(*promptVersion)
		}
		if in != nil {
			f.Usage = &store.Usage{Unit: deref(unit), Input: *in, Output: number(out), Total: number(total)}
			if usageDetails != nil {
				if err := json.Unmarshal([]byte(*usageDetails), &f.Usage.Details); err != nil {
					return fmt.Errorf("usage of %q: %w", st.id, err)
				}
			}
		}
		if inCost != nil || outCost != nil || totalCost != nil || costDetails != nil {
			f.Cost = &store.Cost{Input: (*exporter.NanoUSD)(inCost), Output: (*exporter.NanoUSD)(outCost), Total: (*exporter.NanoUSD)(totalCost)}
			if costDetails != nil {
				if err := json.Unmarshal([]byte(*costDetails), &f.Cost.Details); err != nil {
					return fmt.Errorf("cost of %q: %w", st.id, err)
				}
			}
		}
		if err := st.merged.Restore(registers); err != nil {
			return err
		}
		if f.Input, f.Output, err = t.repack(p, trace, input, output); err != nil {
			return err
		}
		t.observations[st.key] = st
		t.order.observations = append(t.order.observations, st)
		return nil
	})
}
