package langshark_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/langshark/langshark-go"
)

const phone = "010-1234-5678"

// pieces cuts s into items of n bytes.
func pieces(s string, n int) (all []string) {
	for ; len(s) > n; s = s[n:] {
		all = append(all, s[:n])
	}
	return append(all, s)
}

// TestStreamsAreCutAfterTheMask: no part of what it hides is recorded, wherever the cut falls.
func TestStreamsAreCutAfterTheMask(t *testing.T) {
	fill := func(n int) string { return strings.Repeat(" ", n%2) + strings.Repeat("a ", n/2) }
	for name, after := range map[string]string{"nothing follows": "", "some text": fill(1000), "more than is kept": fill(3 << 20)} {
		for _, before := range []int{1, 5, 12, 13, 14, 30} { // the number begins so many bytes before the cut
			for _, n := range []int{4 << 20, 100_000, 7} { // all in one item, and in small ones
				if n == 7 && after != "" && before != 5 {
					continue // slow
				}
				r := record(t, langshark.Config{Capture: langshark.CaptureMasked})
				drain(t, r, pieces(fill(langshark.MaxValueBytes-before)+phone+" "+after, n))
				o := r.one("stream")
				got, _ := o.Output.AsText()
				if strings.Contains(got, "010") || strings.Contains(got, "234") || len(got) > langshark.MaxValueBytes || len(got) < langshark.MaxValueBytes-100 {
					t.Fatalf("%s, %d before, items of %d: %d bytes, ends with %q", name, before, n, len(got), got[max(0, len(got)-60):])
				}
				if truncated := meta(o.Metadata, "langshark.stream.output_truncated") != ""; !truncated && before < 13 && after != "" {
					t.Errorf("%s, %d before, items of %d: not said to be cut", name, before, n)
				}
			}
		}
	}
}

// TestStreamsAreCutAtARune, masked or not.
func TestStreamsAreCutAtARune(t *testing.T) {
	long := strings.Repeat("한", langshark.MaxValueBytes) // three bytes each
	for _, mode := range []langshark.CaptureMode{langshark.CaptureAll, langshark.CaptureMasked} {
		for shift := range 3 {
			r := record(t, langshark.Config{Capture: mode})
			drain(t, r, []string{strings.Repeat("x", shift) + long, "more"})
			got, _ := r.one("stream").Output.AsText()
			if !utf8.ValidString(got) || strings.Contains(got, "\ufffd") || len(got) > langshark.MaxValueBytes || len(got) < langshark.MaxValueBytes-3 {
				t.Errorf("%d bytes, ends with %q", len(got), got[len(got)-10:])
			}
		}
	}
}

// TestListsAreCutBetweenItems so that they stay lists; the mask sees each item whole.
func TestListsAreCutBetweenItems(t *testing.T) {
	type item struct{ Text string }
	for _, capture := range []langshark.CaptureMode{langshark.CaptureAll, langshark.CaptureMasked} {
		r := record(t, langshark.Config{Capture: capture})
		var items []item
		for range 20 {
			items = append(items, item{strings.Repeat("b ", 50_000) + phone + ", [{\""})
		}
		drain(t, r, items)
		o := r.one("stream")
		var got []item
		if err := json.Unmarshal(o.Output.RawJSON(), &got); err != nil || len(got) != 10 || meta(o.Metadata, "langshark.stream.output_truncated") != "true" {
			t.Errorf("%v: %d items", err, len(got))
		}
		if strings.Contains(jsonOf(o.Output), phone) != (capture == langshark.CaptureAll) {
			t.Error("the mask did not see the items")
		}
	}
	// One item that is too large is cut as a value is.
	r := record(t, langshark.Config{Capture: langshark.CaptureMasked})
	drain(t, r, []item{{strings.Repeat("b ", (langshark.MaxValueBytes-16)/2) + phone}})
	if got, _ := r.one("stream").Output.AsText(); strings.Contains(got, "010") || len(got) > langshark.MaxValueBytes || len(got) < langshark.MaxValueBytes-100 {
		t.Errorf("%d bytes, ends with %q", len(got), got[max(0, len(got)-60):])
	}
}

// TestCutStreamFailsClosed as whole ones do.
func TestCutStreamFailsClosed(t *testing.T) {
	for _, first := range []bool{true, false} { // the first or the second run over the text fails
		failed := false
		r := record(t, langshark.Config{OnError: func(error) { failed = true }, Mask: langshark.MaskFunc(func(m langshark.MaskText) (string, error) {
			if m.Field == langshark.FieldOutput && (len(m.Text) > langshark.MaxValueBytes) == first {
				return "", errors.New("down")
			}
			return m.Text, nil
		})})
		drain(t, r, []string{strings.Repeat("s", 3<<20)})
		if got := jsonOf(r.one("stream").Output); got != `{"$masked":"mask failed"}` || !failed {
			t.Errorf("%.100s", got)
		}
	}
}

// TestDeepItems as deep as a value may be are no reason to lose the list.
func TestDeepItems(t *testing.T) {
	deep := func(n int) json.RawMessage {
		return json.RawMessage(strings.Repeat("[", n) + strings.Repeat("]", n))
	}
	r := record(t, langshark.Config{})
	drain(t, r, []any{deep(langshark.MaxValueDepth), "x", deep(langshark.MaxValueDepth + 1)})
	want := "[" + string(deep(langshark.MaxValueDepth)) + `,"x",{"$error":"nested deeper than 64 levels"}]`
	if got := jsonOf(r.one("stream").Output); got != want {
		t.Error(got)
	}
}
