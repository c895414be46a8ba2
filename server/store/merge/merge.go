// Package merge is the rule by which the writes to one thing meet.
//
// Every field is a register. The order of writes is that of their stamps:
// event time, create before update, event id. Of most fields the last write
// in that order stays; of those that say what a thing is (its start,
// environment, trace and kind) the first. A field that a write doesn't give,
// or gives as null, is left alone. Objects in metadata merge key by key, all
// other JSON replaces; tags are gathered. A delete wipes what stands up to its
// stamp, and keeps only the "first" fields.
//
// States keep the stamps of their fields, so any order, duplication and
// batching of the same writes leads to the same state.
package merge

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/langshark/langshark-go/server/store"
)

// field is one register of a write type.
type field[W any] struct {
	// first fields keep the first write, and survive deletes.
	first bool
	given func(*W) bool
	copy  func(dst, src *W)
}

// registers are the stamps of a thing's fields.
type registers struct {
	// at has the stamp of each field, zero if never written.
	at []store.Stamp
	// tags has the last stamp of each tag.
	tags map[string]store.Stamp
	// meta is the stamp of the metadata while only one write gave any.
	meta store.Stamp
	// tree is the metadata once several writes gave some.
	tree *node
	// last is the greatest stamp of any write.
	last store.Stamp
	// keys is how many the tree has.
	keys int
	// staleTags and staleMetadata say that the fields are still to be made of tags and tree.
	staleTags, staleMetadata bool
	// mentions are the trace ids that writes gave, once there are several or none was given.
	mentions []string
}

// apply merges the fields of w, which is stamped s, into dst. It returns which
// fields changed, as a bit set; the highest bit stands for the last stamp.
func apply[W any](fields []field[W], r *registers, dst, w *W, s, deleted store.Stamp) (changed uint64) {
	if r.at == nil {
		r.at = make([]store.Stamp, len(fields))
	}
	if s.Compare(r.last) > 0 || r.last.IsZero() {
		r.last = s
		changed = 1 << 63
	}
	for i := range fields {
		f := &fields[i]
		if !f.given(w) {
			continue
		}
		at := r.at[i]
		switch {
		case f.first:
			if !at.IsZero() && s.Compare(at) >= 0 {
				continue
			}
		case covers(deleted, s), !at.IsZero() && s.Compare(at) <= 0:
			continue
		}
		f.copy(dst, w)
		r.at[i] = s
		changed |= 1 << i
	}
	return changed
}

// cut wipes the fields written up to the stamp.
func cut[W any](fields []field[W], r *registers, dst *W, deleted store.Stamp) (changed uint64) {
	var zero W
	for i := range fields {
		if fields[i].first || i >= len(r.at) || r.at[i].IsZero() || !covers(deleted, r.at[i]) {
			continue
		}
		fields[i].copy(dst, &zero)
		r.at[i] = store.Stamp{}
		changed |= 1 << i
	}
	return changed
}

// covers reports whether a delete, or zero, wipes what was written at s.
func covers(deleted, s store.Stamp) bool {
	return !deleted.IsZero() && s.Compare(deleted) <= 0
}

// MaxTags is how many tags a trace may gather. Beyond, new ones are left out.
const MaxTags = 5000

func (r *registers) mergeTags(tags []string, s, deleted store.Stamp) (changed bool) {
	for _, tag := range tags {
		if at, ok := r.tags[tag]; !covers(deleted, s) && (!ok && len(r.tags) < MaxTags || ok && s.Compare(at) > 0) {
			if r.tags == nil {
				r.tags = map[string]store.Stamp{}
			}
			r.tags[tag] = s
			changed = true
		}
	}
	r.staleTags = r.staleTags || changed
	return changed
}

func (r *registers) cutTags(deleted store.Stamp) (changed bool) {
	for tag, at := range r.tags {
		if covers(deleted, at) {
			delete(r.tags, tag)
			changed = true
		}
	}
	r.staleTags = r.staleTags || changed
	return changed
}

func (r *registers) sortedTags() []string {
	if len(r.tags) == 0 {
		return nil
	}
	tags := make([]string, 0, len(r.tags))
	for tag := range r.tags {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}

// mergeMetadata merges raw into the metadata that stands.
func (r *registers) mergeMetadata(current, raw json.RawMessage, s, deleted store.Stamp) (json.RawMessage, bool) {
	switch {
	case len(raw) == 0 || covers(deleted, s):
		return current, false
	case r.tree == nil && r.meta.IsZero():
		r.meta = s
		return raw, true
	case r.tree == nil && r.meta == s:
		return current, false
	case r.tree == nil:
		r.tree = &node{}
		w := treeWriter{stamp: r.meta, left: math.MaxInt}
		w.write(r.tree, current)
		r.keys = r.tree.count()
	}
	w := treeWriter{stamp: s, left: MaxKeys - r.keys}
	changed := w.write(r.tree, raw)
	r.keys = MaxKeys - w.left
	if w.full {
		changed = r.tree.mark(s) || changed
	}
	if !changed {
		return current, false
	}
	if s.Compare(r.meta) > 0 {
		r.meta = s
	}
	r.staleMetadata = true
	return current, true
}

// settle makes the tags and the metadata of what has been merged: once for many writes.
func (r *registers) settle(tags *[]string, metadata *json.RawMessage) {
	if r.staleTags {
		*tags, r.staleTags = r.sortedTags(), false
	}
	if r.staleMetadata {
		*metadata, r.staleMetadata = r.tree.json(nil), false
	}
}

func (r *registers) cutMetadata(current json.RawMessage, deleted store.Stamp) (json.RawMessage, bool) {
	switch {
	case r.meta.IsZero():
		return nil, false
	case covers(deleted, r.meta):
		r.meta, r.tree, r.keys, r.staleMetadata = store.Stamp{}, nil, 0, false
		return nil, true
	case r.tree == nil:
		return current, false
	}
	r.tree.cut(deleted)
	r.keys, r.staleMetadata = r.tree.count(), true
	return current, true
}

// mention notes the trace that a write gave to a member of traces, before being
// the trace it has so far, and reports whether the trace is to be remembered
// besides the one it has: that is, if there are several or it is its own.
func (r *registers) mention(before, given string, own bool) bool {
	if given == before || slices.Contains(r.mentions, given) {
		return false
	}
	if before == "" && len(r.mentions) == 0 && !own {
		return false
	}
	if before != "" && len(r.mentions) == 0 {
		r.mentions = append(r.mentions, before)
	}
	r.mentions = append(r.mentions, given)
	slices.Sort(r.mentions)
	return true
}

// OwnTrace is the id of the trace of an observation that was given none:
// always the same for the same observation.
func OwnTrace(observationID string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(observationID)).String()
}

// Live reports whether anything was written after the delete.
func (r *registers) live(deleted store.Stamp) bool { return !covers(deleted, r.last) }
