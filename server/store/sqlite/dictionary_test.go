package sqlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// sampleBlocks are as those of an application with 20 system prompts.
func sampleBlocks(r *rand.Rand, n int) [][]byte {
	text := func(words int) string {
		var b strings.Builder
		for range words {
			fmt.Fprintf(&b, "%s%d ", []string{"alpha", "beta", "user", "order", "refund", "환불", "배송"}[r.IntN(7)], int(r.ExpFloat64()*300))
		}
		return b.String()
	}
	systems := make([]string, 20)
	for i := range systems {
		systems[i] = text(160)
	}
	out := make([][]byte, n)
	for i := range out {
		for range 1 + r.IntN(4) {
			out[i] = fmt.Appendf(out[i], `[{"role":"system","content":%q},{"role":"user","content":%q}]{"role":"assistant","content":%q,"usage":{"prompt_tokens":%d}}`,
				systems[r.IntN(20)], text(80), text(80), r.IntN(2000))
		}
	}
	return out
}

func sizeWith(tb testing.TB, e *zstd.Encoder, blocks [][]byte) (size int) {
	tb.Helper()
	for _, b := range blocks {
		size += len(e.EncodeAll(b, nil))
	}
	return size
}

// TestDictionary trains on one half and compresses the other.
func TestDictionary(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: thousands of traces, and nothing in parallel")
	}
	all := sampleBlocks(rand.New(rand.NewPCG(1, 1)), 2000)
	plain, err := newEncoder()
	if err != nil {
		t.Fatal(err)
	}
	d, err := trainDictionary(7, all[:1000])
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEncoder(zstd.WithEncoderDict(d))
	if err != nil {
		t.Fatal(err)
	}
	before, after := sizeWith(t, plain, all[1000:]), sizeWith(t, e, all[1000:])
	t.Logf("dictionary of %d bytes: %d bytes instead of %d", len(d), after, before)
	if after > before*7/10 {
		t.Errorf("%d bytes with a dictionary, %d without: too little", after, before)
	}
}

// TestTrain has a project get its dictionary, use it, and read what it wrote
// with and without it after the file was opened again.
func TestTrain(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: thousands of traces, and nothing in parallel")
	}
	path := filepath.Join(t.TempDir(), "trained.db")
	s, err := Open(t.Context(), path, Options{Ephemeral: true, SweepEvery: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	texts := sampleBlocks(rand.New(rand.NewPCG(1, 1)), trainObservations+100)
	want := map[string]string{}
	write := func(from, to int) {
		b := &store.Batch{ProjectID: "p"}
		for i := from; i < to; i++ {
			raw, err := json.Marshal(string(texts[i]))
			if err != nil {
				t.Fatal(err)
			}
			id := fmt.Sprint("o", i)
			want[id] = string(raw)
			b.Observations = append(b.Observations, store.ObservationWrite{Stamp: store.Stamp{Time: 1, EventID: id}, ID: id, TraceID: fmt.Sprint("t", i/4), Kind: exporter.KindSpan, Input: raw})
		}
		if err := s.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	write(0, 100)
	if err := s.train(t.Context()); err != nil || s.codecs.of(1).dictionary != 0 {
		t.Fatalf("dictionary of too little: %v", err)
	}
	write(100, trainObservations)
	if err := s.train(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.codecs.of(1).dictionary == 0 {
		t.Fatal("no dictionary was made")
	}
	write(trainObservations, trainObservations+100)
	var form []byte
	if err := s.read.QueryRowContext(t.Context(), "SELECT data FROM payloads ORDER BY rid DESC LIMIT 1").Scan(&form); err != nil {
		t.Fatal(err)
	}
	if _, form, err = decodeBlock(form); err != nil || form[0] != formDictionary {
		t.Errorf("the last block has form %d, %v", form[0], err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), path, Options{Ephemeral: true}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.codecs.of(1).dictionary == 0 {
		t.Error("opened again, it isn't used")
	}
	page, err := s.Observations(t.Context(), "p", store.ObservationQuery{Page: store.Page{Limit: len(texts)}, Payloads: true})
	if err != nil || len(page.Observations) != len(texts) {
		t.Fatalf("%d observations, %v", len(page.Observations), err)
	}
	for _, o := range page.Observations {
		if string(o.Input) != want[o.ID] {
			t.Fatalf("%s reads back as %.80s, want %.80s", o.ID, o.Input, want[o.ID])
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestDictionaryHoldsWhatIsShared looks for what single samples have to themselves.
func TestDictionaryHoldsWhatIsShared(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: thousands of traces, and nothing in parallel")
	}
	r := rand.New(rand.NewPCG(3, 3))
	samples := sampleBlocks(r, 2000)
	secrets := make([]string, len(samples))
	for i := range samples {
		secrets[i] = fmt.Sprintf("secret-%016x", r.Uint64())
		at := r.IntN(len(samples[i]))
		samples[i] = slices.Insert(samples[i], at, []byte(secrets[i])...)
	}
	d, err := trainDictionary(7, samples)
	if err != nil || len(d) < 10_000 {
		t.Fatalf("%d bytes, %v", len(d), err)
	}
	for _, s := range secrets {
		if bytes.Contains(d, []byte(s[len("secret-"):][:10])) {
			t.Errorf("the dictionary holds %s, which one sample has", s)
		}
	}
}

// TestDictionaryOfAnotherProcess has two stores on one file, one of which makes a
// dictionary and writes with it.
func TestDictionaryOfAnotherProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: thousands of traces, and nothing in parallel")
	}
	path := filepath.Join(t.TempDir(), "two.db")
	first, err := Open(t.Context(), path, Options{Ephemeral: true, noWork: true})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := first.CreateProject(t.Context(), store.Project{ID: "p", Name: "p"}); err != nil {
		t.Fatal(err)
	}
	second, err := Open(t.Context(), path, Options{Ephemeral: true, noWork: true})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	texts := sampleBlocks(rand.New(rand.NewPCG(1, 1)), trainObservations+8)
	for from := 0; from < len(texts); from += trainObservations {
		b := &store.Batch{ProjectID: "p"}
		for i := from; i < min(from+trainObservations, len(texts)); i++ {
			raw, err := json.Marshal(string(texts[i]))
			if err != nil {
				t.Fatal(err)
			}
			b.Observations = append(b.Observations, store.ObservationWrite{Stamp: store.Stamp{Time: 1, EventID: "e"}, ID: fmt.Sprint("o", i), TraceID: "t", Kind: exporter.KindSpan, Input: raw})
		}
		if err := second.Write(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if err := second.train(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if second.codecs.of(1).dictionary == 0 {
		t.Fatal("no dictionary was made")
	}
	o, err := first.Observation(t.Context(), "p", fmt.Sprint("o", trainObservations+3))
	if err != nil || len(o.Input) == 0 {
		t.Errorf("read by the other: %v", err)
	}
	if err := first.Write(t.Context(), &store.Batch{ProjectID: "p", Deletes: []store.Delete{{Stamp: store.Stamp{Time: 2, EventID: "d"}, Thing: store.ThingObservation, ID: fmt.Sprint("o", trainObservations+3)}}}); err != nil {
		t.Errorf("deleted by the other: %v", err)
	}
}

func BenchmarkCompress(b *testing.B) {
	all := sampleBlocks(rand.New(rand.NewPCG(1, 1)), 2000)
	d, err := trainDictionary(7, all[:1000])
	if err != nil {
		b.Fatal(err)
	}
	for name, options := range map[string][]zstd.EOption{"plain": nil, "dictionary": {zstd.WithEncoderDict(d)}} {
		b.Run(name, func(b *testing.B) {
			e, err := newEncoder(options...)
			if err != nil {
				b.Fatal(err)
			}
			raw := 0
			for _, s := range all[1000:] {
				raw += len(s)
			}
			b.ReportMetric(float64(raw)/float64(sizeWith(b, e, all[1000:])), "ratio")
			b.SetBytes(int64(raw / 1000))
			i := 0
			var dst []byte
			for b.Loop() {
				dst = e.EncodeAll(all[1000+i%1000], dst[:0])
				i++
			}
		})
	}
	b.Run("train", func(b *testing.B) {
		for b.Loop() {
			if _, err := trainDictionary(7, all[:1000]); err != nil {
				b.Fatal(err)
			}
		}
	})
}
