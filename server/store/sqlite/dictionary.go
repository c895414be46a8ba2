package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Payloads of a project are alike: system prompts, tools and formats come again
// and again. A dictionary of what many of them share makes each block smaller, and
// quicker to make.

const (
	dictionaryBytes = 48 << 10
	// A project has a dictionary once it has so many observations; it is trained on
	// the blocks of the newest of them.
	trainObservations = 4000
	trainBytes        = 8 << 20
	// retrainAfter is the age at which a dictionary is compared with a newer one.
	retrainAfter = 7 * 24 * time.Hour
	// A dictionary must save this share to be worth it.
	worthwhile = 0.1
	// maxDictionaries bounds those of a project: what was written with one needs it.
	maxDictionaries = 50
)

// What many samples have in common is found by their shingles of eight bytes, as
// zstd's own trainer does (COVER, see "zstd --train-cover"): of the samples,
// the segments are taken whose shingles are in most of them, each shingle once.
const (
	shingle       = 8
	segment       = 192
	shingleBits   = 22
	minOccurrence = 8
	// minRun is the least that is taken of a segment in a row.
	minRun = 24
)

func shingleHash(b []byte) uint32 {
	_ = b[7]
	v := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 | uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
	return uint32(v * 0x9E3779B185EBCA87 >> (64 - shingleBits)) //nolint:gosec // shingleBits are left
}

// commonContent returns at most size bytes that most samples share, the best last.
func commonContent(samples [][]byte, size int) []byte {
	occurs := make([]uint16, 1<<shingleBits) // samples that have it
	last := make([]int32, 1<<shingleBits)
	var all []byte
	for n, sample := range samples {
		for i := 0; i+shingle <= len(sample); i++ {
			h := shingleHash(sample[i:])
			if last[h] != int32(n)+1 { //nolint:gosec // not so many samples
				last[h] = int32(n) + 1 //nolint:gosec // the same
				if occurs[h] < 1<<16-1 {
					occurs[h]++
				}
			}
		}
		all = append(all, sample...)
	}
	for i, n := range occurs {
		if n < minOccurrence {
			occurs[i] = 0
		}
	}
	shared := slices.Clone(occurs) // of which occurs loses what has been taken
	epochs := max(size/segment, 1)
	epoch := max(len(all)/epochs, segment)
	type piece struct {
		score   int
		content []byte
	}
	var pieces []piece
	total := 0
	seen := make([]uint8, 1<<shingleBits) // of the window
	for idle, at := 0, 0; total < size && idle < epochs && len(all) >= segment; at += epoch {
		if at+segment > len(all) {
			at = 0
		}
		score, from := bestSegment(all[at:min(at+epoch+segment, len(all))], occurs, seen)
		if score == 0 {
			idle++
			continue
		}
		idle = 0
		for _, content := range sharedRuns(all[at+from:at+from+segment], shared) {
			pieces = append(pieces, piece{score, content})
			total += len(content)
		}
		for i := at + from; i+shingle <= at+from+segment; i++ {
			occurs[shingleHash(all[i:])] = 0
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return a.score - b.score })
	var out []byte
	for _, p := range pieces {
		out = append(out, p.content...)
	}
	return out
}

// sharedRuns are the parts of a segment that other samples have too: what stands
// between them, a name perhaps, is left out.
func sharedRuns(data []byte, occurs []uint16) (runs [][]byte) {
	from := -1
	for i := 0; i+shingle <= len(data)+1; i++ {
		shared := i+shingle <= len(data) && occurs[shingleHash(data[i:])] > 0
		switch {
		case shared && from < 0:
			from = i
		case !shared && from >= 0:
			if to := i - 1 + shingle; to-from >= minRun {
				runs = append(runs, data[from:to])
			}
			from = -1
		}
	}
	return runs
}

// bestSegment is where the segment with the best shingles begins.
func bestSegment(data []byte, occurs []uint16, seen []uint8) (best, from int) {
	score := 0
	const width = segment - shingle + 1 // shingles of a segment
	n := len(data) - shingle + 1
	for i := range n {
		h := shingleHash(data[i:])
		if seen[h] == 0 {
			score += int(occurs[h])
		}
		seen[h]++
		if i >= width {
			old := shingleHash(data[i-width:])
			if seen[old]--; seen[old] == 0 {
				score -= int(occurs[old])
			}
		}
		if i >= width-1 && score > best {
			best, from = score, i-width+1
		}
	}
	for i := max(0, n-width); i < n; i++ {
		seen[shingleHash(data[i:])] = 0
	}
	return best, from
}

// trainDictionary makes a dictionary of samples.
func trainDictionary(id uint32, samples [][]byte) ([]byte, error) {
	content := commonContent(samples, dictionaryBytes)
	if len(content) < 2*segment {
		return nil, nil
	}
	few := samples[:min(len(samples), 300)]
	return buildDictionary(id, few, content)
}

func buildDictionary(id uint32, samples [][]byte, content []byte) (dictionary []byte, err error) {
	defer func() { // the builder doesn't take all samples
		if v := recover(); v != nil {
			err = fmt.Errorf("langshark: dictionary: %v", v)
		}
	}()
	return zstd.BuildDict(zstd.BuildDictOptions{ID: id, Contents: samples, History: content, Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedFastest})
}

// train gives projects that need one a dictionary.
func (s *Store) train(ctx context.Context) error {
	s.training.Lock()
	defer s.training.Unlock()
	projects, err := s.Projects(ctx)
	if err != nil {
		return err
	}
	for _, p := range projects {
		pk, err := s.project(ctx, p.ID)
		if err != nil {
			return err
		}
		if err := s.trainProject(ctx, p.ID, pk); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) trainProject(ctx context.Context, projectID string, project int64) error {
	now := s.opts.Now()
	if tried, ok := s.trained[project]; ok && now.Sub(tried) < retrainAfter {
		return nil
	}
	var count int
	var newest sql.NullInt64
	if err := s.read.QueryRowContext(ctx, "SELECT count(*), max(created) FROM dictionaries WHERE project = ?", project).Scan(&count, &newest); err != nil {
		return err
	}
	if newest.Valid && now.Sub(fromMicros(newest.Int64)) < retrainAfter || count >= maxDictionaries {
		s.trained[project] = now
		return nil
	}
	samples, err := s.sample(ctx, project)
	if err != nil || samples == nil {
		return err
	}
	s.trained[project] = now
	var id int64
	if err := s.read.QueryRowContext(ctx, "SELECT ifnull(max(id), 0) + 1 FROM dictionaries").Scan(&id); err != nil {
		return err
	}
	half := len(samples) / 2
	dictionary, err := trainDictionary(uint32(id), samples[:half]) //nolint:gosec // a small number
	if err != nil {
		s.log.Debug("langshark: no dictionary", "project", projectID, "error", err)
		return nil
	}
	if dictionary == nil {
		return nil
	}
	encoder, err := newEncoder(zstd.WithEncoderDict(dictionary))
	if err != nil {
		return err
	}
	have := s.codecs.of(project)
	before, after := 0, 0
	for _, b := range samples[half:] {
		before += len(have.encoder.EncodeAll(b, nil))
		after += len(encoder.EncodeAll(b, nil))
	}
	s.log.Debug("langshark: dictionary", "project", projectID, "bytes", len(dictionary), "before", before, "after", after)
	if float64(after) > (1-worthwhile)*float64(before) {
		return nil
	}
	if err := s.do(ctx, func(t *tx) error {
		return t.exec("INSERT INTO dictionaries (id, project, created, data) VALUES (?, ?, ?, ?)", id, project, micros(now), dictionary)
	}); err != nil {
		return err
	}
	if err := s.codecs.learn(uint32(id), dictionary); err != nil { //nolint:gosec // a small number
		return err
	}
	return s.codecs.use(project, uint32(id), dictionary) //nolint:gosec // a small number
}

// sample reads blocks of the newest observations of a project, in mixed order; nil
// if there are too few.
func (s *Store) sample(ctx context.Context, project int64) (samples [][]byte, err error) {
	err = s.snapshot(ctx, "samples", func(tx *sql.Tx) error {
		var n int
		seen := map[int64]bool{}
		var rids []any
		err := each(ctx, tx, "SELECT input, output FROM observations WHERE project = ? ORDER BY start DESC LIMIT ?", []any{project, trainObservations}, func(rows *sql.Rows) error {
			n++
			var refs payloadRefs
			if err := rows.Scan(&refs.input, &refs.output); err != nil {
				return err
			}
			for _, ref := range []*int64{refs.input, refs.output} {
				if ref == nil {
					continue
				}
				if rid, _ := blockOf(*ref); !seen[rid] {
					seen[rid] = true
					rids = append(rids, rid)
				}
			}
			return nil
		})
		if err != nil || n < trainObservations {
			return err
		}
		bytes := 0
		for i := range min(len(rids), 16) { // every 16th, so that both halves are of the same time
			for k := i; k < len(rids) && bytes < trainBytes; k += 16 {
				blocks := map[int64]*opened{}
				if err := s.readBlocks(ctx, tx, rids[k:k+1], blocks); err != nil {
					return err
				}
				for _, b := range blocks {
					samples = append(samples, b.raw)
					bytes += len(b.raw)
				}
			}
		}
		return nil
	})
	return samples, err
}
