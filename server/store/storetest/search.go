package storetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/store"
)

// maxSnippet is the most bytes of a snippet.
const maxSnippet = 200

// found searches and names the hits, sorted: a trace as "t", an observation as "t/o".
func found(t *testing.T, s store.Store, q store.SearchQuery) []string {
	t.Helper()
	names := []string{}
	for _, h := range searchAll(t, s, projectID, q) {
		names = append(names, hitName(h))
	}
	slices.Sort(names)
	return names
}

func hitName(h store.SearchHit) string {
	if h.ObservationID == "" {
		return h.TraceID
	}
	return h.TraceID + "/" + h.ObservationID
}

// searchAll reads all pages.
func searchAll(t *testing.T, s store.Store, project string, q store.SearchQuery) (hits []store.SearchHit) {
	t.Helper()
	for range 1000 {
		page, err := s.Search(t.Context(), project, q)
		if err != nil {
			t.Fatalf("Search(%+v): %v", q, err)
		}
		if len(page.Hits) > cmp.Or(q.Limit, 50) {
			t.Fatalf("Search(%+v): %d hits on a page", q, len(page.Hits))
		}
		hits = append(hits, page.Hits...)
		if page.Next == "" {
			return hits
		}
		q.After = page.Next
	}
	t.Fatalf("Search(%+v) has no end", q)
	return nil
}

// texts are what the search tests look in: observations of one trace each, but
// for those whose id begins with "trace", which are traces.
var texts = []struct{ id, input, output string }{
	{"refund", `"환불을 요청하고 싶어요. 배송이 너무 늦습니다."`, `"환불 규정을 안내해 드리겠습니다."`},
	{"refunded", `[{"role":"user","content":"어제 재환불 되었나요?"}]`, ``},
	{"delivery", `{"question":"배송조회 부탁합니다"}`, `{"answer":"내일 도착 예정입니다"}`},
	{"mixed", `"GPT-4o로 요약해줘: Kubernetes를 쓰는 이유"`, `"쿠버네티스 Kubernetes 요약"`},
	{"english", `"Please REFUND my last order, the Shark Vacuum"`, `"The refund policy allows thirty days."`},
	{"turned", `"policy for a refund"`, `null`},
	{"prefund", `"a prefunded account"`, `"nothing"`},
	{"escaped", `"line one\nhaystack needle\ttab\u00e9 \"quoted words\" \uD55C\uAE00"`, `"\ud658\uc804 \ub41c \uae08\uc561"`},
	{"across", `"alpha only here"`, `"omega only there"`},
	{"operators", `"cats or dogs and birds near water"`, ``},
	{"cats", `"cats alone"`, ``},
	{"deep", `{"messages":[{"role":"system","content":"lorem"},{"role":"user","content":[{"type":"text","text":"bathyscaphe"}]}]}`, `{"choices":[{"message":{"content":"잠수정입니다"}}]}`},
	{"long", `"` + strings.Repeat("가나다라마바사 lorem ipsum 🦈 ", 400) + `바늘needle끝 ` + strings.Repeat("🦈아자차카타파하 dolor ", 400) + `"`, ``},
	{"numbers", `{"order":"A-20931","amount":12900}`, ``},
	{"trace-own", `"추적 자체의 입력"`, `"the trace itself answers"`},
}

// seedTexts writes them and waits until they can be found.
func seedTexts(t *testing.T, s store.Store) {
	t.Helper()
	var b store.Batch
	for i, v := range texts {
		when := epoch.Add(time.Duration(i) * time.Minute)
		w := store.TraceWrite{Stamp: at(i, "t"+v.id), ID: v.id, Timestamp: when, Name: "trace of " + v.id}
		if strings.HasPrefix(v.id, "trace") {
			w.Input, w.Output = json.RawMessage(v.input), json.RawMessage(v.output)
		} else {
			b.Observations = append(b.Observations, store.ObservationWrite{
				Stamp: at(i, "o"+v.id), ID: "o-" + v.id, TraceID: v.id, Kind: exporter.KindGeneration, Name: "call of " + v.id, Start: when,
				Input: json.RawMessage(v.input), Output: json.RawMessage(v.output),
			})
		}
		b.Traces = append(b.Traces, w)
	}
	write(t, s, b)
	indexed(t, s)
}

func testSearch(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seedTexts(t, s)
	for _, c := range []struct {
		text string
		want []string
	}{
		// Korean: with a particle, as a part of a word, in keys of nothing.
		{"환불", []string{"refund", "refunded"}},
		{"환불을", []string{"refund"}},
		{"재환불", []string{"refunded"}},
		{"배송", []string{"refund", "delivery"}},
		{"조회", []string{"delivery"}},
		{"환불 배송", []string{"refund"}},
		{"환불 조회", nil},
		{"요청하고 싶어요", []string{"refund"}},
		{`"요청하고 싶어요"`, []string{"refund"}},
		{`"싶어요 요청하고"`, nil},
		{"도착 예정", []string{"delivery"}},
		{"없는말", nil},
		{"자체의", []string{"trace-own"}},
		{"잠수정", []string{"deep"}},
		// English: whatever the case, by the beginning of words.
		{"refund", []string{"english", "turned"}},
		{"REFUND", []string{"english", "turned"}},
		{"reFun", []string{"english", "turned"}},
		{"fund", nil},
		{"prefund", []string{"prefund"}},
		{"refund policy", []string{"english", "turned"}},
		{`"refund policy"`, []string{"english"}},
		{`"policy refund"`, nil},
		{`"thirty days" refund`, []string{"english"}},
		{"refund shark", []string{"english"}},
		{"vacuum cleaner", nil},
		{"answers", []string{"trace-own"}},
		{"bathyscaphe", []string{"deep"}},
		{"20931", []string{"numbers"}},
		// One word in the input, the other in the output.
		{"alpha omega", []string{"across"}},
		{`"here omega"`, nil},
		// Both scripts.
		{"kubernetes", []string{"mixed"}},
		{"kubernetes 요약", []string{"mixed"}},
		{"gpt 요약해줘", []string{"mixed"}},
		{"kubernetes 환불", nil},
		{"바늘", []string{"long"}},
		// What JSON escapes is found as it reads.
		{"haystack", []string{"escaped"}},
		{`"haystack needle"`, []string{"escaped"}},
		{"환전", []string{"escaped"}},
		{"한글", []string{"escaped"}},
		{`"quoted words"`, []string{"escaped"}},
		// Words that are operators elsewhere.
		{"cats OR dogs", []string{"operators"}},
		{"cats AND dogs", []string{"operators"}},
		{"dogs NEAR water", []string{"operators"}},
		{"cats NOT dogs", nil},
	} {
		want := []string{}
		for _, id := range c.want {
			if strings.HasPrefix(id, "trace") {
				want = append(want, id)
			} else {
				want = append(want, id+"/o-"+id)
			}
		}
		slices.Sort(want)
		if got := found(t, s, store.SearchQuery{Text: c.text}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s finds %v, want %v", c.text, got, want)
		}
	}
}

// testSearchHits looks at what stands in a hit.
func testSearchHits(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seedTexts(t, s)
	for _, c := range []struct {
		text, id string
		output   bool
		snippet  string // in it, whatever the case
	}{
		{"환불을", "refund", false, "환불을 요청"},
		{"규정", "refund", true, "환불 규정을 안내"},
		{"vacuum", "english", false, "Shark Vacuum"},
		{"thirty", "english", true, "allows thirty days"},
		{"자체", "trace-own", false, "자체의 입력"},
		{"itself", "trace-own", true, "itself answers"},
		{"바늘", "long", false, "바늘needle끝"},
		{"haystack", "escaped", false, "haystack needle"},
		{"환전", "escaped", true, "환전 된"},
		{"bathyscaphe", "deep", false, "bathyscaphe"},
	} {
		hits := searchAll(t, s, projectID, store.SearchQuery{Text: c.text})
		if len(hits) != 1 {
			t.Errorf("%s: %+v", c.text, hits)
			continue
		}
		h := hits[0]
		i := slices.IndexFunc(texts, func(v struct{ id, input, output string }) bool { return v.id == c.id })
		want := store.SearchHit{
			TraceID: c.id, ObservationID: "o-" + c.id, Time: epoch.Add(time.Duration(i) * time.Minute), Name: "call of " + c.id, Snippet: h.Snippet, Output: c.output,
		}
		if strings.HasPrefix(c.id, "trace") {
			want.ObservationID, want.Name = "", "trace of "+c.id
		}
		if h.Time = h.Time.UTC(); h != want {
			t.Errorf("%s: %+v, want %+v", c.text, h, want)
		}
		if !strings.Contains(strings.ToLower(h.Snippet), strings.ToLower(c.snippet)) || !utf8.ValidString(h.Snippet) || len(h.Snippet) > maxSnippet || strings.ContainsRune(h.Snippet, utf8.RuneError) {
			t.Errorf("%s: a snippet of %d bytes, %q; want %q in it", c.text, len(h.Snippet), h.Snippet, c.snippet)
		}
	}
}

// testSearchFollowsWrites changes and deletes what was found.
func testSearchFollowsWrites(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	addProject(t, s, "p2")
	expect := func(when string, want map[string][]string) {
		t.Helper()
		indexed(t, s)
		for text, names := range want {
			if got := found(t, s, store.SearchQuery{Text: text}); !slices.Equal(got, names) {
				t.Errorf("%s: %s finds %v, want %v", when, text, got, names)
			}
		}
		for _, h := range searchAll(t, s, "p2", store.SearchQuery{Text: "secret"}) {
			if h.TraceID != "t" || h.ObservationID != "o" || !strings.Contains(h.Snippet, "other project") {
				t.Errorf("%s: p2 finds %+v", when, h)
			}
		}
	}
	o := store.ObservationWrite{Stamp: at(1, "a"), ID: "o", TraceID: "t", Kind: exporter.KindGeneration, Input: json.RawMessage(`"옛날 문장 oldtext secret"`), Output: json.RawMessage(`"그대로 stays"`)}
	write(t, s, store.Batch{
		Traces:       []store.TraceWrite{{Stamp: at(1, "t"), ID: "t", Timestamp: epoch, Input: json.RawMessage(`"tracetext 추적"`)}},
		Observations: []store.ObservationWrite{o},
	})
	other := o
	other.Input = json.RawMessage(`"secret of the other project 남의것"`)
	write(t, s, store.Batch{ProjectID: "p2", Observations: []store.ObservationWrite{other}})
	expect("written", map[string][]string{
		"oldtext": {"t/o"}, "옛날": {"t/o"}, "stays": {"t/o"}, "tracetext": {"t"}, "추적": {"t"}, "secret": {"t/o"}, "남의것": nil,
	})

	write(t, s, store.Batch{
		Traces:       []store.TraceWrite{{Stamp: at(2, "tu"), ID: "t", Input: json.RawMessage(`"another 다른것"`)}},
		Observations: []store.ObservationWrite{{Stamp: store.NewStamp(epoch.Add(2*time.Second), true, "b"), ID: "o", TraceID: "t", Kind: exporter.KindGeneration, Input: json.RawMessage(`"새로운 문장 newtext secret"`)}},
	})
	expect("updated", map[string][]string{
		"oldtext": nil, "옛날": nil, "newtext": {"t/o"}, "새로운": {"t/o"}, "문장": {"t/o"}, "stays": {"t/o"}, "tracetext": nil, "추적": nil, "another": {"t"}, "다른것": {"t"},
	})
	write(t, s, store.Batch{Observations: []store.ObservationWrite{o}}) // late, and says nothing new
	expect("the first event again", map[string][]string{"oldtext": nil, "newtext": {"t/o"}, "secret": {"t/o"}})

	write(t, s, store.Batch{Observations: []store.ObservationWrite{{Stamp: at(0, "0"), ID: "o", TraceID: "t2", Kind: exporter.KindGeneration}}})
	expect("moved to another trace", map[string][]string{"newtext": {"t2/o"}, "stays": {"t2/o"}, "another": {"t"}})

	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(5, "c"), Thing: store.ThingObservation, ID: "o"}}})
	expect("the observation deleted", map[string][]string{"newtext": nil, "새로운": nil, "stays": nil, "secret": nil, "another": {"t"}})
	write(t, s, store.Batch{Observations: []store.ObservationWrite{{Stamp: at(6, "d"), ID: "o", TraceID: "t", Kind: exporter.KindSpan, Output: json.RawMessage(`"다시 anew"`)}}})
	expect("made anew", map[string][]string{"newtext": nil, "anew": {"t2/o"}, "다시": {"t2/o"}})
	write(t, s, store.Batch{Deletes: []store.Delete{{Stamp: at(7, "e"), Thing: store.ThingTrace, ID: "t2"}, {Stamp: at(7, "f"), Thing: store.ThingTrace, ID: "t"}}})
	expect("the traces deleted", map[string][]string{"anew": nil, "다시": nil, "another": nil, "다른것": nil, "secret": nil})
	if hits := searchAll(t, s, "p2", store.SearchQuery{Text: "secret"}); len(hits) != 1 {
		t.Errorf("p2 has %+v", hits)
	}
}

func testSearchPages(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	want := []string{}
	for batch := range 10 {
		var b store.Batch
		for i := range 13 {
			id := fmt.Sprintf("t%d-%02d", batch, i)
			when := epoch.Add(time.Duration(batch*13+i) * time.Second)
			b.Traces = append(b.Traces, store.TraceWrite{Stamp: at(i, "t"+id), ID: id, Timestamp: when})
			for k := range 1 + i%3 {
				o := fmt.Sprint("o", k)
				want = append(want, id+"/"+id+o)
				b.Observations = append(b.Observations, store.ObservationWrite{
					Stamp: at(i, id+o), ID: id + o, TraceID: id, Kind: exporter.KindSpan, Start: when, Input: json.RawMessage(`"공통 common word ` + o + ` x"`), Output: json.RawMessage(`"공통 common"`),
				})
			}
			b.Observations = append(b.Observations, store.ObservationWrite{Stamp: at(i, id+"n"), ID: id + "n", TraceID: id, Kind: exporter.KindSpan, Input: json.RawMessage(`"something else 다른것"`)})
		}
		write(t, s, b)
	}
	indexed(t, s)
	slices.Sort(want)
	for _, text := range []string{"common", "공통", "공통 common", `"common word"`} {
		for _, limit := range []int{0, 1, 7, 1000} {
			hits := searchAll(t, s, projectID, store.SearchQuery{Text: text, Limit: limit})
			got := make([]string, len(hits))
			for i, h := range hits {
				got[i] = hitName(h)
				if i > 0 && h.Time.After(hits[i-1].Time) {
					t.Errorf("%s by %d: hit %d is of a trace that came after the one before it", text, limit, i)
				}
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("%s by %d: %d hits, want %d:\n%v", text, limit, len(got), len(want), got)
			}
		}
	}
	if _, err := s.Search(t.Context(), projectID, store.SearchQuery{Text: "common", After: "nonsense"}); !errors.Is(err, store.ErrBadCursor) {
		t.Errorf("a cursor that is none: %v, want ErrBadCursor", err)
	}
	// What comes meanwhile is not on the pages that follow, and what was there is missed by none.
	page, err := s.Search(t.Context(), projectID, store.SearchQuery{Text: "common", Limit: 20})
	if err != nil || page.Next == "" {
		t.Fatalf("the first page: %+v, %v", page, err)
	}
	write(t, s, store.Batch{
		Traces:       []store.TraceWrite{{Stamp: at(0, "late"), ID: "late", Timestamp: epoch.Add(time.Hour)}},
		Observations: []store.ObservationWrite{{Stamp: at(0, "lateo"), ID: "lateo", TraceID: "late", Kind: exporter.KindSpan, Start: epoch.Add(time.Hour), Input: json.RawMessage(`"common 공통"`)}},
	})
	indexed(t, s)
	got := []string{}
	for _, h := range append(page.Hits, searchAll(t, s, projectID, store.SearchQuery{Text: "common", Limit: 20, After: page.Next})...) {
		got = append(got, hitName(h))
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("while something came: %d hits, want %d:\n%v", len(got), len(want), got)
	}
}

func testSearchTimes(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	var b store.Batch
	for i := range 10 {
		id := fmt.Sprint("t", i)
		// The observation starts long before: the trace's time counts.
		b.Traces = append(b.Traces, store.TraceWrite{Stamp: at(i, id), ID: id, Timestamp: epoch.Add(time.Duration(i) * time.Hour), Input: json.RawMessage(`"시간 trace"`)})
		b.Observations = append(b.Observations, store.ObservationWrite{Stamp: at(i, "o"+id), ID: "o", TraceID: id, Kind: exporter.KindSpan, Start: epoch.Add(-time.Hour), Input: json.RawMessage(`"시간 observation"`)})
		b.Observations[i].ID += id
	}
	write(t, s, b)
	indexed(t, s)
	hour := func(n int) time.Time { return epoch.Add(time.Duration(n) * time.Hour) }
	for _, c := range []struct {
		name     string
		from, to time.Time
		want     []string
	}{
		{"from", hour(8), time.Time{}, []string{"t8", "t9"}},
		{"to", time.Time{}, hour(2), []string{"t0", "t1"}},
		{"between", hour(3), hour(5), []string{"t3", "t4"}},
		{"between, off the hour", hour(3).Add(time.Microsecond), hour(5).Add(time.Microsecond), []string{"t4", "t5"}},
		{"nowhere", hour(5), hour(5), nil},
		{"backwards", hour(5), hour(1), nil},
	} {
		for _, word := range []string{"trace", "observation", "시간"} {
			want := []string{}
			for _, id := range c.want {
				if word != "observation" {
					want = append(want, id)
				}
				if word != "trace" {
					want = append(want, id+"/o"+id)
				}
			}
			slices.Sort(want)
			for _, limit := range []int{0, 1} {
				if got := found(t, s, store.SearchQuery{Text: word, From: c.from, To: c.to, Limit: limit}); !slices.Equal(got, want) {
					t.Errorf("%s, %s by %d: %v, want %v", c.name, word, limit, got, want)
				}
			}
		}
	}
}

// testSearchNasty asks for what an engine might take for its own language.
func testSearchNasty(t *testing.T, open Opener) {
	t.Helper()
	s := opened(t, open)
	seedTexts(t, s)
	for _, text := range []string{
		"", " ", "\t\n", "\u3000", `"`, `""`, `"""`, `" "`, `"refund`, `refund"`, `"refund" "`, `a"b`, "'", "''", "refund'", "*", "**", "ref*", "*fund", "^refund", "^", ":", "input:refund",
		"input : refund", "{input output}: refund", "-", "-refund", "refund -policy", "+", "a+b", "NEAR", "NEAR(refund policy)", "NEAR/3", "AND", "OR", "NOT", "AND OR", "refund AND", "OR refund", "(", ")", "(refund", "refund)",
		"()", ",", ".", "...", "/", `\`, `\"`, "%", "_", "re_und", "%refund%", ";", "refund; DROP TABLE traces", "--", "/*", "?", "?1", "$1", "@a", "#", "🦈", "🦈🦈", "👩‍👩‍👧", "é", "e\u0301", "ㅎ", "ㅎㅏㄴ", "환", "불", "가 나",
		"日本", "\x00", "refund\x00policy", "\xff\xfe", "환\xff불", "\u202e", "\ufeff", "NULL", "null", "rowid", "rank", strings.Repeat("환불 ", 500), strings.Repeat("refund", 3000), strings.Repeat("\"a ", 300), strings.Repeat("(", 2000),
	} {
		page, err := s.Search(t.Context(), projectID, store.SearchQuery{Text: text})
		if err != nil && !errors.Is(err, store.ErrBadQuery) {
			t.Errorf("%.60q: %v", text, err)
		}
		if strings.TrimSpace(text) == "" && len(page.Hits) > 0 {
			t.Errorf("%q finds %+v", text, page.Hits)
		}
		for _, h := range page.Hits {
			if !utf8.ValidString(h.Snippet) || len(h.Snippet) > maxSnippet {
				t.Errorf("%.60q: a snippet of %d bytes, %q", text, len(h.Snippet), h.Snippet)
			}
		}
	}
	for _, limit := range []int{-1, 1 << 30} {
		if _, err := s.Search(t.Context(), projectID, store.SearchQuery{Text: "refund", Limit: limit}); err != nil && !errors.Is(err, store.ErrBadQuery) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	if _, err := s.Search(t.Context(), "none", store.SearchQuery{Text: "refund"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("in an unknown project: %v, want ErrNotFound", err)
	}
	// Payloads that are no text of anybody, or hardly JSON.
	var b store.Batch
	for i, payload := range []string{`null`, `0`, `""`, `[]`, `{}`, `"\u0000 zeroword"`, `"\ud83e\udd88 sharkword"`, `"\ud800 loneword"`, `{"a":` + strings.Repeat("[", 500) + `"deepword"` + strings.Repeat("]", 500) + `}`, "\"bad \xff utfword\""} {
		id := fmt.Sprint("n", i)
		b.Observations = append(b.Observations, store.ObservationWrite{Stamp: at(i, id), ID: id, TraceID: "nasty", Kind: exporter.KindSpan, Input: json.RawMessage(payload), Output: json.RawMessage(payload)})
	}
	write(t, s, b)
	indexed(t, s)
	for text, want := range map[string]string{"zeroword": "nasty/n5", "sharkword": "nasty/n6", "loneword": "nasty/n7", "utfword": "nasty/n9"} {
		hits := searchAll(t, s, projectID, store.SearchQuery{Text: text})
		if len(hits) != 1 || hitName(hits[0]) != want || !utf8.ValidString(hits[0].Snippet) || !strings.Contains(hits[0].Snippet, text) {
			t.Errorf("%s finds %+v, want %s", text, hits, want)
		}
	}
}
