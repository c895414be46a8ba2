package llmwire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// decode feeds the portions and returns the events as "name:data".
func decode(portions ...string) (events []string, skipped int) {
	d := SSE{}
	d.OnEvent = func(name, data []byte) { events = append(events, string(name)+":"+string(data)) }
	for _, p := range portions {
		d.Feed([]byte(p))
	}
	d.Close()
	return events, d.Skipped
}

func TestSSE(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want []string
	}{
		"one":                      {"data: a\n\n", []string{":a"}},
		"no space":                 {"data:a\n\n", []string{":a"}},
		"one space only is taken":  {"data:  a\n\n", []string{": a"}},
		"several lines":            {"data: a\ndata: b\n\n", []string{":a\nb"}},
		"carriage returns":         {"data: a\r\n\r\ndata: b\r\rdata: c\n\n", []string{":a", ":b", ":c"}},
		"named":                    {"event: ping\ndata: a\n\ndata: b\n\n", []string{"ping:a", ":b"}},
		"comment, id, retry":       {": keep-alive\n\nid: 1\nretry: 10\ndata: a\n\n", []string{":a"}},
		"byte order mark":          {"\ufeffdata: a\n\n", []string{":a"}},
		"empty data counts":        {"data:\n\n", []string{":"}},
		"no empty line at the end": {"data: a\n\ndata: b", []string{":a", ":b"}},
		"no data":                  {"event: x\n\n\n\n", nil},
		"unknown fields":           {"dat: a\n\n<html>\n\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			whole, _ := decode(tt.in)
			if !slices.Equal(whole, tt.want) {
				t.Errorf("got %q, want %q", whole, tt.want)
			}
			for cut := range tt.in {
				if parts, _ := decode(tt.in[:cut], tt.in[cut:]); !slices.Equal(parts, tt.want) {
					t.Errorf("cut at %d: got %q, want %q", cut, parts, tt.want)
				}
			}
			if bytewise, _ := decode(strings.Split(tt.in, "")...); !slices.Equal(bytewise, tt.want) {
				t.Errorf("byte by byte: got %q, want %q", bytewise, tt.want)
			}
		})
	}
}

func TestSSEBounded(t *testing.T) {
	long := strings.Repeat("x", maxEventBytes+1)
	events, skipped := decode("data: "+long, long+"\n\ndata: after\n\n")
	if !slices.Equal(events, []string{":after"}) || skipped != 1 {
		t.Errorf("long line: events %d, skipped %d", len(events), skipped)
	}
	half := "data: " + long[:maxEventBytes/2+10] + "\n"
	events, skipped = decode(half, half, half, "\ndata: after\n\n")
	if !slices.Equal(events, []string{":after"}) || skipped != 1 {
		t.Errorf("many lines: events %d, skipped %d", len(events), skipped)
	}
	d := SSE{OnEvent: func(_, _ []byte) {}}
	for range 64 {
		d.Feed([]byte(long))
	}
	if held := cap(d.line) + cap(d.data); held > 4*maxEventBytes {
		t.Errorf("holds %d bytes", held)
	}
}

func FuzzSSE(f *testing.F) {
	f.Add([]byte("event: a\r\ndata: b\n\ndata: c\r\rdata"), uint8(3))
	f.Add([]byte("\r\n\r\n: x\ndata\n\n"), uint8(1))
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		whole, _ := decode(string(in))
		var portions []string
		for chunk := range slices.Chunk(in, int(size)+1) {
			portions = append(portions, string(chunk))
		}
		if parts, _ := decode(portions...); !slices.Equal(parts, whole) {
			t.Errorf("portions of %d: %q, whole: %q", int(size)+1, parts, whole)
		}
	})
}

func BenchmarkChatStream(b *testing.B) {
	var in bytes.Buffer
	for i := range 400 {
		fmt.Fprintf(&in, `data: {"id":"chatcmpl-A1","object":"chat.completion.chunk","created":1767000000,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":" word%d"},"logprobs":null,"finish_reason":null}],"usage":null}`+"\n\n", i)
	}
	in.WriteString("data: [DONE]\n\n")
	b.SetBytes(int64(in.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s := newChatStream()
		for chunk := range slices.Chunk(in.Bytes(), 4096) {
			s.Feed(chunk)
		}
		if r := s.Close(); !r.Complete {
			b.Fatal("not complete")
		}
	}
}

func BenchmarkSSE(b *testing.B) {
	in := bytes.Repeat([]byte("data: "+strings.Repeat("x", 300)+"\n\n"), 400)
	d := SSE{OnEvent: func(_, _ []byte) {}}
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		for chunk := range slices.Chunk(in, 4096) {
			d.Feed(chunk)
		}
	}
}
