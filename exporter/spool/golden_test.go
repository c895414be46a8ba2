package spool

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/internal/testkit"
)

var update = flag.Bool("update", false, "rewrite golden files")

const goldenV1 = "testdata/v1.txtar"

// goldenKey is the key of the encrypted segments.
var goldenKey = []byte("0123456789abcdef0123456789abcdef")

// recordsV1 are what the segments of version 1.0 hold: every kind of record, every field that there
// was. They never change; a field that is added later is empty in them.
func recordsV1() []exporter.Spooled {
	at := time.Date(2026, 11, 25, 9, 0, 0, 123_456_789, time.UTC)
	public := true
	attributes := exporter.Attributes{
		TraceName: "support", UserID: "kim", SessionID: "s-17", Environment: "test", Release: "r1", Version: "v1",
		Tags: []string{"a", "한"}, Metadata: []exporter.KeyValue{{Key: "plan", Value: exporter.Text("pro")}}, Public: &public,
	}
	const trace, root, step = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"
	return []exporter.Spooled{
		{Seq: 1, Class: exporter.ClassGeneration, Record: exporter.Record{EventID: "00000000-0000-4000-8000-000000000001", Time: at.Add(time.Second), Observation: &exporter.Observation{
			ID: step, TraceID: trace, ParentID: root, Kind: exporter.KindGeneration, Level: exporter.LevelWarning, Name: "chat", Start: at, End: at.Add(time.Second),
			StatusMessage: "slow", Version: "v2", Input: exporter.JSON([]byte(`[{"role":"user","content":"안녕"}]`)), Output: exporter.Text("hello"),
			Metadata: []exporter.KeyValue{{Key: "n", Value: exporter.JSON([]byte(`{"n":1}`))}, {Key: "none", Value: exporter.Value{}}},
			Generation: &exporter.Generation{
				Model: "gpt-4o", Parameters: []exporter.KeyValue{{Key: "temperature", Value: exporter.JSON([]byte(`0.5`))}},
				Usage: &exporter.Usage{
					InputTokens: 100, OutputTokens: 20, TotalTokens: 120, CachedInputTokens: 60, CacheWriteTokens: 5, InputAudioTokens: 4, ReasoningTokens: 3,
					OutputAudioTokens: 2, Details: map[string]int64{"images": 300},
				},
				Cost:            &exporter.Cost{Input: 1_000_000, Output: 2, Total: 1_000_002, Details: map[string]exporter.NanoUSD{"tax": -7}},
				CompletionStart: at.Add(300 * time.Millisecond), PromptName: "greet", PromptVersion: 3,
			},
			Attributes: &attributes,
		}}},
		{Seq: 2, Class: exporter.ClassSpan, Again: 2, Record: exporter.Record{Op: exporter.OpUpdate, EventID: "00000000-0000-4000-8000-000000000002", Time: at, Observation: &exporter.Observation{
			ID: root, TraceID: trace, Name: "root", Start: at, Attributes: &exporter.Attributes{},
		}}},
		{Seq: 3, Class: exporter.ClassTrace, Record: exporter.Record{EventID: "00000000-0000-4000-8000-000000000003", Time: at, Trace: &exporter.Trace{
			ID: trace, Start: at, Attributes: attributes, Input: exporter.Text("안녕"), Output: exporter.JSON([]byte(`{"ok":true}`)),
		}}},
		{Seq: 4, Class: exporter.ClassTrace, Record: exporter.Record{EventID: "00000000-0000-4000-8000-000000000004", Time: at, Score: &exporter.Score{
			ID: "s1", TraceID: trace, ObservationID: root, SessionID: "s-17", Name: "quality", Type: exporter.ScoreNumeric, Number: -0.5, Text: "fair",
			Comment: "so so", ConfigID: "c1", Environment: "test", Metadata: []exporter.KeyValue{{Key: "by", Value: exporter.Text("kim")}},
		}}},
		{Seq: 300, Class: exporter.ClassSpan, Record: exporter.Record{EventID: "00000000-0000-4000-8000-000000000005", Time: at, Observation: &exporter.Observation{
			ID: "step-2", TraceID: "order-17", Kind: exporter.KindGuardrail, Attributes: &attributes,
		}}},
	}
}

// segmentOf writes the records of one series as the spool does, with an id and a time that are fixed.
func segmentOf(t *testing.T, series int, records []exporter.Spooled, key []byte) []byte {
	t.Helper()
	s := &segment{series: series, key: key != nil}
	for i := range s.id {
		s.id[i] = byte(0xa0 + 16*series + i)
	}
	b := make([]byte, segmentHead)
	putHeader(b, s, idOfKey(key), time.Unix(1_764_000_000, 5))
	if s.key {
		aead, err := newAEAD(key, s.id)
		if err != nil {
			t.Fatal(err)
		}
		s.crypt = &crypter{aead: aead}
	}
	for i := range records {
		if seriesOf(records[i].Class) != series {
			continue
		}
		at := len(b)
		b = appendRecord(newFrame(b, &records[i]), &records[i].Record)
		if s.key {
			b = append(b, make([]byte, tagBytes)...)
		}
		finishFrame(b[at:], &s.id, s.id.seed(), s.frames, s.crypt)
		s.frames++
	}
	return b
}

func dump(b []byte) string {
	var lines strings.Builder
	for ; len(b) > 0; b = b[min(48, len(b)):] {
		lines.WriteString(hex.EncodeToString(b[:min(48, len(b))]) + "\n")
	}
	return lines.String()
}

// goldenFiles are the segments of the archive, by their folder's and their own name.
func goldenFiles(t *testing.T) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile(goldenV1)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range testkit.ParseArchive(string(text)).Files {
		b, err := hex.DecodeString(strings.Join(strings.Fields(f.Data), ""))
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		files[f.Name] = b
	}
	return files
}

// TestGoldenIsWritten pins what is written. When a version adds to the format, this test gets an
// archive of its own; that of version 1.0 stays as it is.
func TestGoldenIsWritten(t *testing.T) {
	for folder, key := range map[string][]byte{"clear": nil, "sealed": goldenKey} {
		for series := range seriesCount {
			name := fmt.Sprintf("%s/%s-%08d.seg", folder, seriesNames[series], series+1)
			testkit.Golden(t, *update, goldenV1, name, dump(segmentOf(t, series, recordsV1(), key)))
		}
	}
}

// TestGoldenIsRead guards against files of an earlier version that an update of the application makes unreadable.
func TestGoldenIsRead(t *testing.T) {
	for folder, key := range map[string][]byte{"clear": nil, "sealed": goldenKey} {
		dir := t.TempDir()
		own := filepath.Join(dir, "p1764000000000000000-4711-89abcdef")
		if err := os.Mkdir(own, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, b := range goldenFiles(t) {
			if file, ok := strings.CutPrefix(name, folder+"/"); ok {
				if err := os.WriteFile(filepath.Join(own, file), b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := recordsV1()
		s, report := open(t, Config{Dir: dir, Key: key})
		if report.Adopted != int64(len(want)) || report.Damaged != 0 || report.TornBytes != 0 || len(report.Problems) != 0 {
			t.Fatalf("%s: %+v", folder, report)
		}
		got, damaged, err := s.Next(100, plenty)
		if err != nil || damaged != 0 || len(got) != len(want) {
			t.Fatalf("%s: %d of %d, %d damaged, %v", folder, len(got), len(want), damaged, err)
		}
		for i := range want {
			want[i].Seq = 0 // older than all of this process
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("%s: record %d\n got %s\nwant %s", folder, i, show(got[i].Record), show(want[i].Record))
			}
		}
	}
}

// TestGoldenIsAsDescribed reads the segments by docs/spool.md alone, without this package's code.
func TestGoldenIsAsDescribed(t *testing.T) {
	readable := map[int][]string{} // payloads by series
	for _, folder := range []string{"clear", "sealed"} {
		for series, name := range []string{folder + "/plain-00000001.seg", folder + "/higher-00000002.seg"} {
			var key []byte
			if folder == "sealed" {
				key = goldenKey
			}
			payloads, err := describedSegment(goldenFiles(t)[name], byte(series), key)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if folder == "clear" {
				readable[series] = payloads
			} else if !reflect.DeepEqual(payloads, readable[series]) {
				t.Errorf("%s: what is decrypted is not what is in the clear", name)
			}
		}
	}
	// The record 2 as the page has it: an update, with its event id, time, kind and section.
	p := readable[plain][0]
	head := "\x01\x24" + "00000000-0000-4000-8000-000000000002" + "\x01"
	sec, n := binary.Varint([]byte(p[len(head):]))
	nsec, m := binary.Uvarint([]byte(p[len(head)+n:]))
	at := time.Date(2026, 11, 25, 9, 0, 0, 123_456_789, time.UTC)
	if !strings.HasPrefix(p, head) || sec != at.Unix() || nsec != 123_456_789 {
		t.Errorf("%q: %d s, %d ns", p, sec, nsec)
	}
	rest := p[len(head)+n+m:]
	if rest[0] != 2 || int(binary.LittleEndian.Uint32([]byte(rest[1:]))) != len(rest)-5 || rest[5:23] != "\x10b7ad6b7169203331\x20" {
		t.Errorf("%q", rest)
	}
}

// describedSegment returns the payloads in the clear.
func describedSegment(b []byte, series byte, key []byte) (payloads []string, err error) {
	le := binary.LittleEndian
	castagnoli := crc32.MakeTable(0x82f63b78) // 0x1EDC6F41 reflected
	if crc32.Checksum([]byte("123456789"), castagnoli) != 0xe3069283 {
		return nil, errors.New("that is another checksum")
	}
	if string(b[:8]) != "LSSPOOL\n" || le.Uint16(b[8:]) != 1 || le.Uint16(b[10:]) != 0 || le.Uint64(b[40:]) != 1_764_000_000_000_000_005 || b[48] != series ||
		!bytes.Equal(b[49:60], make([]byte, 11)) || le.Uint32(b[60:]) != crc32.Checksum(b[:60], castagnoli) {
		return nil, errors.New("the header is another")
	}
	id, keyName, flags := b[16:32], make([]byte, 8), uint32(0)
	var seal cipher.AEAD
	if key != nil {
		sum := sha256.Sum256(append([]byte("langshark spool key id\x00"), key...))
		keyName, flags = sum[:8], 1
		derived, err := hkdf.Key(sha256.New, key, id, "langshark spool segment", 32)
		if err != nil {
			return nil, err
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return nil, err
		}
		if seal, err = cipher.NewGCM(block); err != nil {
			return nil, err
		}
	}
	if le.Uint32(b[12:]) != flags || !bytes.Equal(b[32:40], keyName) {
		return nil, errors.New("flags or key are others")
	}
	for b = b[64:]; len(b) > 0; {
		end := 28 + int(le.Uint32(b[8:]))
		frame, number := b[:end], uint32(len(payloads))
		if !bytes.Equal(frame[:4], id[:4]) || le.Uint32(frame[4:]) != crc32.Checksum(append(bytes.Clone(id), frame[8:]...), castagnoli) || le.Uint32(frame[12:]) != number || le.Uint16(frame[26:]) != 0 {
			return nil, fmt.Errorf("frame %d is another", number)
		}
		payload := frame[28:]
		if seal != nil {
			nonce := make([]byte, 12)
			le.PutUint32(nonce, number)
			if payload, err = seal.Open(nil, nonce, payload, frame[12:28]); err != nil {
				return nil, err
			}
		}
		payloads = append(payloads, string(payload))
		b = b[end:]
	}
	return payloads, nil
}
