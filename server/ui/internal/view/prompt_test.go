package view

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/message"
)

func english() Page { return Page{Printer: message.For(message.English), Root: "./"} }

// TestVariablesAreThoseOfTheSDK has what the SDK's parser takes for a variable, and what it doesn't.
func TestVariablesAreThoseOfTheSDK(t *testing.T) {
	for text, want := range map[string]string{
		"{{a}} {{ b-c.d }} {{\n_x\t}}{{a}}":             "a b-c.d _x",
		"{{이름}}{{é}}{{á}}":                             "이름 é a\u0301",
		"{{{x}}} {{1}} {{}} {{a b}} {{-a}} {{a} } {{ a": "x",
		"{{a{{b}}": "b",
		"@@@langfusePrompt:name={{no}}|label=x@@@ {{yes}}":  "yes",
		"@@@langfusePrompt:name={{yes}}|nothing=x@@@":       "yes",
		`{"json": {"a": {"b": 1}}} {{ok}}`:                  "ok",
		"{{a\u00a0}} {{" + strings.Repeat("x", 300) + "9}}": strings.Repeat("x", 300) + "9",
	} {
		if got := strings.Join((PromptBody{Text: text}).Variables(), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	chat := PromptBody{Chat: true, Messages: []PromptMessage{{Content: "{{a}}"}, {Placeholder: "history"}, {Content: "{{b}}{{history}}"}}}
	if got := fmt.Sprint(chat.Variables()); got != "[a history b]" {
		t.Error(got)
	}
}

func FuzzVariables(f *testing.F) {
	f.Add("a {{b}} {{{c}}} {{ d")
	f.Add("{{\xff}}{{a\xff}}")
	f.Fuzz(func(t *testing.T, text string) {
		var b strings.Builder
		for _, p := range variables(text) {
			if p.text == "" || p.variable != "" && !strings.Contains(p.text, "{{") {
				t.Errorf("%q: piece %+v", text, p)
			}
			b.WriteString(p.text)
		}
		if b.String() != text {
			t.Errorf("%q: the pieces are %q", text, b.String())
		}
	})
}

func TestPromptURLs(t *testing.T) {
	p := english()
	p.Project = &store.Project{ID: "a b"}
	for want, got := range map[string]string{
		"./project/a%20b/prompts":                            p.PromptURL("", "folder", "", "q", ""),
		"./project/a%20b/prompts?folder=x%2Fy%2F":            p.PromptURL("", "folder", "x/y/"),
		"./project/a%20b/prompts/versions?name=%3F%25%26%23": p.PromptURL("versions", "name", "?%&#", "version", ""),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	var names []string
	for _, c := range FolderCrumbs(p, "a//b/") {
		names = append(names, c.Name)
	}
	if fmt.Sprint(names) != "[a/ / b/]" {
		t.Error(names)
	}
	for name, want := range map[string]string{"a": "", "a/b": "a/", "a/b/c": "a/b/", "a/": "", "a/b/": "a/", "/": "", "/a": "/"} {
		if got := folderOf(name); got != want {
			t.Errorf("%q is in %q, want %q", name, got, want)
		}
	}
}

func series(values map[int]int64, from time.Time, step time.Duration) (s query.SumSeries) {
	for i := range 10 {
		if n, ok := values[i]; ok {
			p := query.SumPoint{Time: from.Truncate(step).Add(time.Duration(i) * step)}
			p.Observations = n
			p.Latency.Record(time.Duration(n)*time.Second, 1)
			s.Series = append(s.Series, p)
		}
	}
	return s
}

func TestChartsDrawSteps(t *testing.T) {
	from := time.Date(2026, 5, 1, 10, 30, 0, 0, time.UTC)
	versions := []query.VersionMetrics{{Version: 2, SumSeries: series(map[int]int64{0: 4, 2: 2}, from, time.Hour)}, {Version: 1, SumSeries: series(map[int]int64{1: 1}, from, time.Hour)}}
	charts := NewCharts(message.For(message.English), versions, from, from.Add(2*time.Hour), time.Hour)
	if len(charts) != 2 || charts[0].Title != "Generations" || charts[0].Top != "4" || charts[1].Title != "Median latency" {
		t.Fatalf("%+v", charts)
	}
	for i, want := range []string{"M6.0 6.0h.01L300.0 94.0L594.0 50.0", "M6.0 94.0h.01L300.0 72.0L594.0 94.0"} {
		if got := charts[0].Lines[i].Path; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := charts[1].Lines[1].Path; !strings.HasPrefix(got, "M300.0 ") || strings.Contains(got, "L") || charts[1].Lines[1].Class != "v1 dot" || charts[1].Lines[0].Class != "v0" {
		t.Errorf("a version of one step is %s", got)
	}
}

func TestFiguresSayWhatIsBetter(t *testing.T) {
	side := func(n, errors int64, latency time.Duration, cost exporter.NanoUSD, score float64) *query.VersionMetrics {
		v := &query.VersionMetrics{Scores: []query.ScoreSums{{Name: "s", Type: "NUMERIC", Count: n, Average: score}, {Name: "c", Type: "CATEGORICAL", Values: map[string]int64{"x": 1}}}}
		v.Observations, v.Errors, v.Cost, v.Costs, v.TotalTokens = n, errors, cost, n, 100*n
		v.Latency.Record(latency, n)
		return v
	}
	m := PromptMetrics{Prompt: Prompt{Page: english()}, A: side(10, 2, time.Second, exporter.USD(0.1), 0.5), B: side(20, 2, 2*time.Second, exporter.USD(0.1), 0.6)}
	var got []string
	for _, f := range m.Figures() {
		got = append(got, fmt.Sprintf("%s %s %d", f.Label, f.Change, f.Good))
	}
	const want = "[Generations +100.0 % 0 Error rate -50.0 % 1 Median latency +100.0 % -1 p95 latency +100.0 % -1 Tokens per generation  0 Cost per generation -50.0 % 1 s +20.0 % 0]"
	if s := strings.ReplaceAll(strings.ReplaceAll(fmt.Sprint(got), "+98", "+100"), "+102", "+100"); !strings.HasPrefix(s, "[Generations +100.0 % 0 Error rate -50.0 % 1 Median latency +") || !strings.HasSuffix(s, want[strings.Index(want, "Tokens"):]) {
		t.Errorf("%s, want %s", s, want)
	}
	m.A, m.B = &query.VersionMetrics{}, &query.VersionMetrics{}
	for _, f := range m.Figures() {
		if f.Change != "" || f.Label != "Generations" && f.B != message.Unknown {
			t.Errorf("of nothing: %+v", f)
		}
	}
}

func TestScoresAsText(t *testing.T) {
	p := message.For(message.English)
	for _, x := range []struct {
		sums query.ScoreSums
		want string
	}{
		{query.ScoreSums{Average: 0.123456, Count: 3}, "0.1235"},
		{query.ScoreSums{Values: map[string]int64{"b": 2, "a": 2, "c": 1}, Count: 5}, "a 40 %"},
	} {
		if got := scoreOf(p, &x.sums); got != x.want {
			t.Errorf("%q, want %q", got, x.want)
		}
	}
}

func TestPlansAndActionsAsText(t *testing.T) {
	p := english()
	for want, plan := range map[string]catalog.ExperimentPlan{
		"Nobody moves. 0 % are outside of the experiment.":                                                             {},
		"12.5 % of all units move. 50 % are outside of the experiment.":                                                {Moved: 1250, Outside: 5000},
		"Nobody moves. 0.01 % keep their variant and get its new version. 99.99 % are outside of the experiment.":      {Renewed: 1, Outside: 9999},
		"100 % of all units move. 1 % keep their variant and get its new version. 20 % are outside of the experiment.": {Moved: 10000, Renewed: 100, Outside: 2000},
	} {
		if got := planText(p, plan); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for want, change := range map[string]catalog.PromptChange{
		"Deleted all versions": {Action: catalog.ActionDelete},
		"Deleted version 2":    {Action: catalog.ActionDelete, Version: 2},
		"Put x on version 2":   {Action: catalog.ActionLabel, Version: 2, Label: "x"},
		"Changed the tags":     {Action: catalog.ActionTags},
		"new in a later year":  {Action: "new in a later year"},
	} {
		if got := actionText(p, change); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
