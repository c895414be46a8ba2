//go:build !noui

package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
)

// hub is the dashboard on a store with nothing but a catalog in it.
type hub struct {
	http.Handler
	t       *testing.T
	catalog *catalog.Catalog
	store   store.Store
	viewer  Viewer
}

func newHub(t *testing.T) *hub {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "ui.db"), sqlite.Options{Ephemeral: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range testProjects {
		p.CreatedAt = time.Now()
		if err := s.CreateProject(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	h := &hub{t: t, catalog: catalog.New(s), store: s}
	reader := query.New(s)
	t.Cleanup(func() {
		reader.Close()
		h.catalog.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	h.Handler = New(Config{
		Reader: reader, Catalog: h.catalog, Logger: slog.New(slog.DiscardHandler),
		Projects: func(context.Context, Viewer) ([]store.Project, error) { return testProjects, nil },
		Viewer:   func(*http.Request) (Viewer, error) { return h.viewer, nil },
	})
	return h
}

// create adds a version.
func (h *hub) create(v map[string]any) *catalog.Prompt {
	h.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		h.t.Fatal(err)
	}
	p, err := h.catalog.CreatePrompt(catalog.WithActor(h.t.Context(), catalog.Actor{Name: "minji.kim"}), "p1", body)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// post sends a form as the dashboard's own pages do, and returns the answer with its body.
func (h *hub) post(path string, form url.Values, header ...string) (*http.Response, string) {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, "/project/p1/prompts/"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), w.Body.String()
}

// page asks for a page of the prompts.
func (h *hub) page(tab string, pairs ...string) (*http.Response, string) {
	h.t.Helper()
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	path := "/project/p1/prompts"
	if tab != "" {
		path += "/" + tab
	}
	return get(h.t, h, path+"?"+values.Encode())
}

// on is the version that has a label.
func (h *hub) on(name, label string) int {
	h.t.Helper()
	o, err := h.catalog.PromptOverview(h.t.Context(), "p1", name)
	if err != nil {
		h.t.Fatal(err)
	}
	return o.On(label).Version
}

const (
	answerV1 = "You are Haru, the assistant of Bada Books.\n\nAnswer {{user_name}} in {{language}}, in at most three sentences. Quote the sources that you use:\n\n{{sources}}\n\n@@@langfusePrompt:name=support/rules|label=production@@@\n\nIf the customer is upset, say in one sentence that you understand. Never argue."
	answerV2 = "You are Haru, the warm and patient assistant of Bada Books.\n\nAnswer {{user_name}} in {{language}}, in at most four sentences. Name the sources that you use:\n\n{{sources}}\n\n@@@langfusePrompt:name=support/rules|label=production@@@\n\nIf the customer is upset, say in one sentence that you understand before you solve the problem. End with a short offer to help further."
)

// seedHub fills a hub with prompts of some teams, an experiment, and generations that used them.
func seedHub(t *testing.T) *hub {
	t.Helper()
	h := newHub(t)
	type m = map[string]any
	h.create(m{"name": "support/rules", "prompt": "- Never promise a refund without an order number.\n- 존댓말로 답합니다.", "labels": []string{"production"}, "tags": []string{"support"}, "commitMessage": "규칙을 따로 뺐습니다"})
	tags := []string{"support", "한국어", "book-store"}
	config := m{"model": "gpt-4o-mini", "temperature": 0.3, "max_tokens": 400}
	h.create(m{"name": "support/answer", "prompt": answerV1, "labels": []string{"production"}, "tags": tags, "config": config, "commitMessage": "The house rules as they were in the code"})
	h.create(m{"name": "support/answer", "prompt": strings.Replace(answerV1, "three", "five", 1), "tags": tags, "config": config, "labels": []string{"canary-eu-west"}})
	h.create(m{"name": "support/answer", "prompt": answerV2, "labels": []string{"production", "staging"}, "tags": tags, "config": m{"model": "gpt-4o", "temperature": 0.5, "max_tokens": 400}, "commitMessage": "더 따뜻하게, 마지막에 도움 제안 한 줄. Asked for by the support team after the review of last week, see the notes."})
	chat := []m{
		{"role": "system", "content": "You sum up a conversation for {{agent}} of the support team. 핵심만 세 줄로 요약하세요."},
		{"type": "placeholder", "name": "history"},
		{"role": "user", "content": "Sum up in {{language}}."},
	}
	h.create(m{"name": "support/summary", "type": "chat", "prompt": chat, "labels": []string{"production"}, "commitMessage": "First"})
	chat[2]["content"] = "Sum up in {{language}}, in {{lines}} lines."
	h.create(m{"name": "support/summary", "type": "chat", "prompt": chat, "config": m{"model": "gpt-4o"}, "commitMessage": "Number of lines"})
	h.create(m{"name": "support/judge/tone", "prompt": "Is the tone of {{answer}} warm?", "labels": []string{"production"}, "tags": []string{"judge"}})
	h.create(m{"name": "마케팅/뉴스레터 제목 100% 환불?", "prompt": "제목을 {{개수}}개 제안하세요: {{주제}}", "labels": []string{"staging"}, "tags": []string{"마케팅"}})
	h.create(m{"name": "translate", "prompt": "Translate into {{language}}: {{text}}", "labels": []string{"production"}})
	set := `{"prompt":"support/answer","variants":[{"name":"house","version":1,"weight":4000},{"name":"warm","version":3,"weight":3000},{"name":"long","version":2,"weight":1000}]}`
	if _, err := h.catalog.SetExperiment(catalog.WithActor(t.Context(), catalog.Actor{Name: "minji.kim"}), "p1", "tone", []byte(set)); err != nil {
		t.Fatal(err)
	}
	h.use("support/answer", time.Now())
	return h
}

// use records generations of the three versions of a prompt in the days up to now, with scores.
func (h *hub) use(name string, now time.Time) {
	h.t.Helper()
	b := &store.Batch{ProjectID: "p1"}
	failed := exporter.LevelError
	for i := range 120 {
		version := 1 + i%3
		at := now.Add(-time.Duration(i) * 79 * time.Minute)
		trace := fmt.Sprintf("%032x", 0x77000+i)
		b.Traces = append(b.Traces, store.TraceWrite{Stamp: store.NewStamp(at, false, trace), ID: trace, Name: "support-chat", Timestamp: at})
		cost := exporter.USD(0.0004 * float64(version))
		o := store.ObservationWrite{
			Stamp: store.NewStamp(at, false, trace+"g"), ID: trace + "g", TraceID: trace, Kind: exporter.KindGeneration, Name: "answer", Model: "gpt-4o-mini", Start: at,
			End: at.Add(time.Duration(600+137*version+i*7%400) * time.Millisecond), Usage: &store.Usage{Input: 400, Output: int64(80 * version), Total: int64(400 + 80*version)},
			Cost: &store.Cost{Total: &cost}, PromptName: name, PromptVersion: version,
		}
		if i%17 == 3 {
			o.Level = &failed
		}
		b.Observations = append(b.Observations, o)
		n := 0.5 + 0.1*float64(version) + float64(i%5)/50
		b.Scores = append(b.Scores, store.ScoreWrite{Stamp: store.NewStamp(at, false, trace+"s"), ID: trace + "s", TraceID: trace, ObservationID: trace + "g", Name: "faithfulness", Type: exporter.ScoreNumeric, Number: &n, Timestamp: at})
		if i%3 == 0 || i%7 == 0 {
			one := float64(i % 2)
			b.Scores = append(b.Scores, store.ScoreWrite{Stamp: store.NewStamp(at, false, trace+"u"), ID: trace + "u", TraceID: trace, Name: "user-feedback", Type: exporter.ScoreBoolean, Number: &one, Text: "True", Timestamp: at})
		}
	}
	if err := h.store.Write(h.t.Context(), b); err != nil {
		h.t.Fatal(err)
	}
}
