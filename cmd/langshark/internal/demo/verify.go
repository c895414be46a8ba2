package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	langshark "github.com/langshark/langshark-go"
)

// reader reads the server's public API with a project's keys.
type reader struct {
	base, publicKey, secretKey string
	client                     *http.Client
}

// The parts of the API's answers that are compared.

type apiTrace struct {
	ID           string            `json:"id"`
	Name         string            `json:"name"`
	UserID       string            `json:"userId"`
	SessionID    string            `json:"sessionId"`
	Tags         []string          `json:"tags"`
	Input        json.RawMessage   `json:"input"`
	Output       json.RawMessage   `json:"output"`
	Observations []apiObservation  `json:"observations"`
	Scores       []json.RawMessage `json:"scores"`
}

type apiObservation struct {
	ID              string     `json:"id"`
	ParentID        string     `json:"parentObservationId"`
	Type            string     `json:"type"`
	Name            string     `json:"name"`
	Level           string     `json:"level"`
	Model           string     `json:"model"`
	StartTime       time.Time  `json:"startTime"`
	EndTime         *time.Time `json:"endTime"`
	CompletionStart *time.Time `json:"completionStartTime"`
	Usage           struct {
		Total int64 `json:"total"`
	} `json:"usage"`
}

func (r *reader) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.base+path, nil)
	if err != nil {
		return err
	}
	req.SetBasicAuth(r.publicKey, r.secretKey)
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300)) // for the error only
		return fmt.Errorf("GET %s: %s: %s", path, resp.Status, text)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return nil
}

// tracesOf returns the ids of a session's traces.
func (r *reader) tracesOf(ctx context.Context, session string) ([]string, error) {
	var page struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	err := r.get(ctx, "/api/public/traces?limit=100&sessionId="+url.QueryEscape(session), &page)
	ids := make([]string, len(page.Data))
	for i, t := range page.Data {
		ids[i] = t.ID
	}
	slices.Sort(ids)
	return ids, err
}

// verify reads every turn back and compares it with what was done.
func (r *reader) verify(ctx context.Context, turns []*turn) error {
	bySession := map[string][]string{}
	for _, t := range turns {
		bySession[t.session] = append(bySession[t.session], t.traceID)
	}
	for session, want := range bySession {
		got, err := r.tracesOf(ctx, session)
		if err != nil {
			return err
		}
		if slices.Sort(want); !slices.Equal(got, want) {
			return fmt.Errorf("session %s has the traces %v, want %v", session, got, want)
		}
	}
	for _, t := range turns {
		var got apiTrace
		if err := r.get(ctx, "/api/public/traces/"+url.PathEscape(t.traceID), &got); err != nil {
			return err
		}
		if err := t.compare(&got); err != nil {
			return fmt.Errorf("trace %s (%s: %.40q): %w", t.traceID, t.user, t.question, err)
		}
		if err := r.promptsOf(ctx, t); err != nil {
			return fmt.Errorf("trace %s (%s: %.40q): %w", t.traceID, t.user, t.question, err)
		}
	}
	return nil
}

// compare says how a trace differs from the turn; nil if it doesn't.
func (t *turn) compare(got *apiTrace) error {
	var errs []error
	same := func(field, got, want string) {
		if got != want {
			errs = append(errs, fmt.Errorf("%s is %q, want %q", field, got, want))
		}
	}
	same("name", got.Name, t.root.name)
	same("user", got.UserID, t.user)
	same("session", got.SessionID, t.session)
	same("input", text(got.Input), t.question)
	same("output", text(got.Output), t.answer)
	tags := slices.Sorted(slices.Values(got.Tags))
	same("tags", fmt.Sprint(tags), fmt.Sprint(t.tags))
	if len(got.Scores) != t.scores {
		errs = append(errs, fmt.Errorf("%d scores, want %d", len(got.Scores), t.scores))
	}
	if tree, want := treeOf(got.Observations), t.root.outline(); tree != want {
		errs = append(errs, differ(tree, want))
	}
	for i := range got.Observations {
		if err := got.Observations[i].check(); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errs[0] // one line is enough to know where to look
	}
	return nil
}

// differ names the first line in which two outlines differ.
func differ(got, want string) error {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		g, w := "nothing", "nothing"
		if i < len(a) {
			g = strings.TrimSpace(a[i])
		}
		if i < len(b) {
			w = strings.TrimSpace(b[i])
		}
		if g != w || a[i] != b[i] {
			return fmt.Errorf("line %d of the tree is %q, want %q", i+1, g, w)
		}
	}
	return nil
}

// text is a string value, or JSON as it is.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// treeOf shows observations as [step.outline] does.
func treeOf(all []apiObservation) string {
	children := map[string][]apiObservation{}
	for _, o := range all {
		children[o.ParentID] = append(children[o.ParentID], o)
	}
	var show func(o apiObservation, depth int) string
	show = func(o apiObservation, depth int) string {
		var below []string
		if depth < 20 {
			for _, c := range children[o.ID] {
				below = append(below, show(c, depth+1))
			}
		}
		return outline(o.Type, o.Name, cmp.Or(o.Level, langshark.LevelDefault.String()), below)
	}
	roots := children[""]
	if len(roots) != 1 {
		return fmt.Sprintf("(%d roots)", len(roots))
	}
	return show(roots[0], 0)
}

// check says what an observation lacks.
func (o *apiObservation) check() error {
	isEvent, failed := o.Type == "EVENT", o.Level == langshark.LevelError.String()
	switch {
	case o.EndTime == nil && !isEvent:
		return fmt.Errorf("%s has not ended", o.Name)
	case o.EndTime != nil && o.EndTime.Before(o.StartTime):
		return fmt.Errorf("%s ended before it began", o.Name)
	case o.Type != "GENERATION" || failed:
		return nil
	case o.Model == "" || o.Usage.Total == 0:
		return fmt.Errorf("%s has model %q and %d tokens", o.Name, o.Model, o.Usage.Total)
	case o.CompletionStart != nil && (o.CompletionStart.Before(o.StartTime) || o.CompletionStart.After(*o.EndTime)):
		return fmt.Errorf("%s: the first token came outside of it", o.Name)
	}
	return nil
}
