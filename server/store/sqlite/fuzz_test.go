package sqlite

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/langshark/langshark-go/server/store"
)

// FuzzBlock reads blocks of any bytes: an error or parts, and no more memory
// than a payload may take.
func FuzzBlock(f *testing.F) {
	c, err := newCodecs()
	if err != nil {
		f.Fatal(err)
	}
	s := &Store{codecs: c}
	var p packer
	p.add("t", []byte(`"`+strings.Repeat("input ", 50)+`"`), false)
	p.add("t", []byte(`1`), true)
	blocks, _ := p.pack(c.fallback)
	blocks[0].parts[0].owner = 1 << 24
	f.Add(blocks[0].encode())
	f.Add([]byte{0, formPlain})
	f.Add([]byte{1, 1, 2, formDictionary, 9, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := s.openBlock(data)
		if err != nil {
			return
		}
		total := 0
		for i := range o.parts {
			total += len(o.part(i))
		}
		if total > len(o.raw) {
			t.Errorf("parts of %d bytes in %d", total, len(o.raw))
		}
		o.without(func(n int) bool { return n%2 == 0 })
		b := block{parts: o.parts, form: c.fallback.compress(o.raw)}
		if _, err := s.openBlock(b.encode()); err != nil {
			t.Errorf("written again: %v", err)
		}
	})
}

// FuzzSums reads sums of any bytes; those that it reads, it writes and reads the same.
func FuzzSums(f *testing.F) {
	s := store.Sums{Traces: 1, Observations: 2, Cost: -3}
	s.Latency.Record(1e9, 2)
	f.Add(encodeSums(&s))
	f.Fuzz(func(t *testing.T, data []byte) {
		var a, b store.Sums
		if decodeSums(data, &a) != nil {
			return
		}
		if err := decodeSums(encodeSums(&a), &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%+v became %+v, %v", a, b, err)
		}
	})
}

// FuzzSearch indexes a text and searches for another, as the engine is asked: no
// query is an error to it, and a word of the text is found.
func FuzzSearch(f *testing.F) {
	d, err := openDB(fileURL(filepath.Join(f.TempDir(), "search.db")))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = d.close() })
	if err := d.script("PRAGMA synchronous=OFF; CREATE VIRTUAL TABLE search USING fts5 (words, content='', contentless_delete=1, detail=none, tokenize='ascii')"); err != nil {
		f.Fatal(err)
	}
	f.Add(`{"role":"user","content":"환불을 원해요 ABC-123 \"quoted\" \u0061"}`, `환불 "abc-12"`)
	f.Add(`"NEAR(a b) * ^ : AND OR NOT"`, `NEAR(a OR "b`)
	f.Add("\"e\u0301 İstanbul ß \U0001F988 日本語 ー\"", "istanbul ß 本語")
	f.Fuzz(func(t *testing.T, payload, query string) {
		var w words
		w.add(projectWord(7))
		var lower []string
		payloadText([]byte(payload), func(text string) {
			w.text(text)
			lower = append(lower, strings.ToLower(text))
		})
		if err := d.exec("INSERT OR REPLACE INTO search (rowid, words) VALUES (1, ?)", w.list.String()); err != nil {
			t.Fatal(err)
		}
		terms := parseSearch(query)
		if len(terms) == 0 || len(terms) > maxTerms {
			return
		}
		var found int64
		if err := d.row("SELECT count(*) FROM search WHERE search MATCH ?", []any{match(7, terms)}, &found); err != nil {
			t.Fatalf("search for %q as %q: %v", query, match(7, terms), err)
		}
		if !utf8.ValidString(payload) || !utf8.ValidString(query) {
			return
		}
		for _, term := range terms {
			in := false
			for _, text := range lower {
				in = in || term.find(text) >= 0
			}
			if !in {
				return
			}
		}
		if found != 1 {
			t.Errorf("the terms %+v stand in %q, but the index with %q doesn't have them", terms, lower, w.list.String())
		}
	})
}
