package langshark_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
)

// named is a hub that says whose prompts it has.
type named struct {
	*hub
	project string
}

func (n named) PromptIdentity() string { return n.project }

// process is a client that keeps its prompts in the file.
func process(t *testing.T, h *hub, file string) *langshark.Client {
	t.Helper()
	return prompts(t, named{h, "one"}, func(cfg *langshark.Config) { cfg.PromptSnapshot = file })
}

func end(t *testing.T, c *langshark.Client) {
	t.Helper()
	if err := c.Shutdown(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

const wholeExperiment = `{"experiment":"tone","salt":"s","variants":[{"name":"kind","version":2}],"ranges":[{"from":0,"to":10000,"variant":"kind"}],"prompts":[{"name":"a","version":2,"prompt":"kindly"}]}`

// TestAnExperimentThatHasEndedDoesNotComeBack: the file once kept what it had of it, for ever.
func TestAnExperimentThatHasEndedDoesNotComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "prompts.json")
		h := newHub(map[string]string{"a@production": "usual", "a@experiment tone": wholeExperiment})
		ask := func(c *langshark.Client) string {
			return textOf(c.Prompt(t.Context(), "a", langshark.InExperiment("tone", "u")))
		}
		first, slow := process(t, h, file), process(t, h, file)
		want(t, ask(first), "kindly")
		want(t, ask(slow), "kindly")
		advance(3 * time.Second) // it is in the file
		h.set("a@experiment tone", "")
		first.InvalidatePrompt("a")
		synctest.Wait()
		want(t, ask(first), "usual")
		advance(3 * time.Second)
		want(t, textOf(slow.Prompt(t.Context(), "other")), "error: langshark: prompt \"other\" label \"production\": langshark: prompt not found: production")
		h.set("new@production", "x")
		want(t, textOf(slow.Prompt(t.Context(), "new")), "x") // so that the slow one writes what it knows
		end(t, first)
		end(t, slow)
		h.fail(errors.New("down"))
		next := process(t, h, file)
		want(t, ask(next), "usual")
		end(t, next)
		h.fail(nil)
		h.set("a@experiment tone", wholeExperiment) // made anew
		next = process(t, h, file)
		want(t, ask(next), "usual") // as it was left
		synctest.Wait()
		want(t, ask(next), "kindly")
		end(t, next)
		h.fail(errors.New("down"))
		next = process(t, h, file)
		want(t, ask(next), "kindly")
	})
}

func TestAPromptThatWasDeletedDoesNotComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "prompts.json")
		h := newHub(map[string]string{"a@production": "one"})
		c := process(t, h, file)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		advance(3 * time.Second)
		h.set("a@production", "")
		c.InvalidatePrompt("a")
		synctest.Wait()
		want(t, textOf(c.Prompt(t.Context(), "a")), "one") // this process goes on
		end(t, c)
		h.fail(errors.New("down"))
		c = process(t, h, file)
		want(t, textOf(c.Prompt(t.Context(), "a", langshark.WithFallback("code"))), "code")
		end(t, c)
		h.fail(nil)
		h.set("a@production", "again")
		c = process(t, h, file)
		want(t, textOf(c.Prompt(t.Context(), "a")), "again")
		end(t, c)
		h.fail(errors.New("down"))
		want(t, textOf(process(t, h, file).Prompt(t.Context(), "a")), "again")
	})
}

// TestAPromptThatComesBackAsItWas has its label taken away and put back: the text is that in memory, and the file said for
// ten minutes, and after Shutdown, that it was gone.
func TestAPromptThatComesBackAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "prompts.json")
		h := newHub(map[string]string{"a@production": "one", "a@experiment tone": wholeExperiment})
		c := process(t, h, file)
		ask := func(c *langshark.Client) string {
			return textOf(c.Prompt(t.Context(), "a")) + " " + textOf(c.Prompt(t.Context(), "a", langshark.InExperiment("tone", "u")))
		}
		set := func(text, experiment string) {
			h.set("a@production", text)
			h.set("a@experiment tone", experiment)
			c.InvalidatePrompt("a")
			advance(3 * time.Second)
		}
		gone := func() (n int) {
			for _, p := range readPrompts(t, file).Prompts {
				if p.Gone {
					n++
				}
			}
			return n
		}
		want(t, ask(c), "one kindly")
		set("", "")
		if n := gone(); n != 2 {
			t.Fatalf("%d of 2 are gone", n)
		}
		set("one", wholeExperiment)
		if s := c.Stats().Prompts; s.Unchanged != 1 { // of the prompt; what has ended has no tag
			t.Errorf("%+v", s)
		}
		if n := gone(); n != 0 {
			t.Errorf("%d are gone", n)
		}
		set("", "")
		h.set("a@production", "one")
		h.set("a@experiment tone", wholeExperiment)
		c.InvalidatePrompt("a")
		synctest.Wait()
		end(t, c)
		h.fail(errors.New("down"))
		want(t, ask(process(t, h, file)), "one kindly")
	})
}

// TestWhatIsStillGoneIsNotWrittenAnew asks each minute for an experiment that has ended.
func TestWhatIsStillGoneIsNotWrittenAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "prompts.json")
		c := process(t, newHub(map[string]string{"a@production": "one"}), file)
		ask := func() {
			want(t, textOf(c.Prompt(t.Context(), "a", langshark.InExperiment("tone", "u"))), "one")
			advance(3 * time.Second)
		}
		ask()
		written := readPrompts(t, file).Prompts
		for range 5 {
			advance(langshark.DefaultPromptTTL)
			ask()
		}
		if s := c.Stats().Prompts; s.Fetches < 12 {
			t.Errorf("%+v", s)
		}
		for i, p := range readPrompts(t, file).Prompts {
			if !p.CheckedAt.Equal(written[i].CheckedAt) {
				t.Errorf("%q was written again", p.Name)
			}
		}
	})
}

type fileOfPrompts struct {
	Format    int            `json:"format"`
	Host      string         `json:"host"`
	PublicKey string         `json:"publicKey"`
	Source    string         `json:"source"`
	Prompts   []promptInFile `json:"prompts"`
}

type promptInFile struct {
	Name      string          `json:"name"`
	Label     string          `json:"label"`
	ETag      string          `json:"etag,omitempty"`
	CheckedAt time.Time       `json:"checkedAt"`
	Gone      bool            `json:"gone,omitempty"`
	Body      json.RawMessage `json:"body"`
}

func readPrompts(t *testing.T, file string) (f fileOfPrompts) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func writePrompts(t *testing.T, file string, list ...promptInFile) {
	t.Helper()
	b, err := json.Marshal(fileOfPrompts{Format: 1, Source: "one", Prompts: list})
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func inFile(name string, at time.Time) promptInFile {
	return promptInFile{Name: name, Label: langshark.LabelProduction, CheckedAt: at, Body: fmt.Appendf(nil, `{"name":%q,"version":1,"prompt":"saved"}`, name)}
}

// TestWhatNobodyAsksForLeavesTheFile: what was only read once counted as this process's own.
func TestWhatNobodyAsksForLeavesTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, now := filepath.Join(t.TempDir(), "prompts.json"), time.Now()
		writePrompts(t, file, inFile("ancient", now.AddDate(-1, 0, 0)), inFile("recent", now.AddDate(0, 0, -20)), inFile("used", now.AddDate(-1, 0, 0)))
		h := newHub(map[string]string{"a@production": "one"})
		c := process(t, h, file)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		advance(3 * time.Second) // the file is written
		h.fail(errors.New("down"))
		want(t, textOf(c.Prompt(t.Context(), "used")), "saved")
		end(t, c)
		var names []string
		for _, p := range readPrompts(t, file).Prompts {
			names = append(names, p.Name)
		}
		want(t, strings.Join(names, " "), "a used recent")
	})
}

// TestAClockThatWasWrongWinsNothing has an entry that claims to be newer than any.
func TestAClockThatWasWrongWinsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "prompts.json")
		writePrompts(t, file, inFile("a", time.Now().AddDate(5, 0, 0)))
		h := newHub(map[string]string{"a@production": "now"})
		c := process(t, h, file)
		want(t, textOf(c.Prompt(t.Context(), "a")), "saved")
		synctest.Wait()
		want(t, textOf(c.Prompt(t.Context(), "a")), "now")
		end(t, c)
		h.fail(errors.New("down"))
		want(t, textOf(process(t, h, file).Prompt(t.Context(), "a")), "now")
	})
}

// TestAFileOfMorePromptsThanAProcessKeeps has two services share it, one of which has very many.
func TestAFileOfMorePromptsThanAProcessKeeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "prompts.json")
		h := newHub(map[string]string{"small@production": "x"})
		small, large := process(t, h, file), process(t, h, file)
		want(t, textOf(small.Prompt(t.Context(), "small")), "x")
		end(t, small)
		for i := range langshark.MaxPrompts + 100 {
			name := fmt.Sprintf("p%d", i)
			h.set(name+"@production", "x")
			want(t, textOf(large.Prompt(t.Context(), name)), "x")
		}
		end(t, large)
		h.fail(errors.New("down"))
		small = process(t, h, file)
		want(t, textOf(small.Prompt(t.Context(), "small")), "x")
		if n := small.Stats().Prompts.Kept; n != 1 {
			t.Errorf("%d are kept, and one was asked for", n)
		}
	})
}

func TestALockFromTheFuture(t *testing.T) {
	s := servePrompts(t)
	file := filepath.Join(t.TempDir(), "prompts.json")
	ahead := time.Now().Add(time.Hour)
	if err := errors.Join(os.WriteFile(file+".lock", nil, 0o600), os.Chtimes(file+".lock", ahead, ahead)); err != nil {
		t.Fatal(err)
	}
	c := s.client(t, func(cfg *langshark.Config) { cfg.PromptSnapshot = file })
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	end(t, c)
	if _, err := os.Stat(file + ".lock"); err == nil || len(readPrompts(t, file).Prompts) != 1 {
		t.Error("the lock was waited for, and is still there")
	}
}

// TestShutdownWaitsLittleForALock has another process hold it all the time.
func TestShutdownWaitsLittleForALock(t *testing.T) {
	s := servePrompts(t)
	file := filepath.Join(t.TempDir(), "prompts.json")
	c := s.client(t, func(cfg *langshark.Config) { cfg.PromptSnapshot = file })
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	eventuallyTrue(t, func() bool { _, err := os.Stat(file); return err == nil })
	want(t, textOf(c.Prompt(t.Context(), "m")), "one")
	if err := os.WriteFile(file+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	newer := time.Now().Add(4 * time.Second) // it is taken for left behind after nine
	if err := os.Chtimes(file+".lock", newer, newer); err != nil {
		t.Fatal(err)
	}
	end(t, c)
	if _, err := os.Stat(file + ".lock"); err != nil || len(readPrompts(t, file).Prompts) != 2 {
		t.Errorf("Shutdown waited until nobody held it: %v", err)
	}
}

// TestShutdownBesideAWrite finds one that waits for another process's lock already.
func TestShutdownBesideAWrite(t *testing.T) {
	s := servePrompts(t)
	file := filepath.Join(t.TempDir(), "prompts.json")
	newer := time.Now().Add(4 * time.Second)
	if err := errors.Join(os.WriteFile(file+".lock", nil, 0o600), os.Chtimes(file+".lock", newer, newer)); err != nil {
		t.Fatal(err)
	}
	c := s.client(t, func(cfg *langshark.Config) { cfg.PromptSnapshot = file })
	want(t, textOf(c.Prompt(t.Context(), "n")), "one")
	end(t, c)
	if _, err := os.Stat(file + ".lock"); err != nil || len(readPrompts(t, file).Prompts) != 1 {
		t.Errorf("Shutdown waited until nobody held it: %v", err)
	}
}

// TestShutdownWaitsForALockOnce though something changed while a write waited for it.
func TestShutdownWaitsForALockOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "prompts.json")
		if err := errors.Join(os.WriteFile(file+".lock", nil, 0o600), os.Chtimes(file+".lock", time.Now(), time.Now())); err != nil {
			t.Fatal(err)
		}
		c := process(t, newHub(map[string]string{"a@production": "one", "b@production": "two"}), file)
		want(t, textOf(c.Prompt(t.Context(), "a")), "one")
		<-time.After(100 * time.Millisecond) // the write of that waits
		want(t, textOf(c.Prompt(t.Context(), "b")), "two")
		begun := time.Now()
		end(t, c)
		if waited := time.Since(begun); waited < time.Second || waited > time.Second+50*time.Millisecond { // by the bubble's clock
			t.Errorf("Shutdown waited %v", waited)
		}
		if n := len(readPrompts(t, file).Prompts); n != 2 {
			t.Errorf("%d prompts are in the file", n)
		}
	})
}

// TestOneFileAndTwoProjects has sources in the process, which have neither host nor key.
func TestOneFileAndTwoProjects(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prompts.json")
	told := make(chan error, 10)
	client := func(source langshark.PromptSource) *langshark.Client {
		return prompts(t, source, func(cfg *langshark.Config) {
			cfg.PromptSnapshot, cfg.OnError = file, func(err error) { told <- err }
		})
	}
	a, b := newHub(map[string]string{"p@production": "of A"}), newHub(map[string]string{"p@production": "of B"})
	c := client(named{a, "A"})
	want(t, textOf(c.Prompt(t.Context(), "p")), "of A")
	end(t, c)
	b.fail(errors.New("down"))
	c = client(named{b, "B"})
	want(t, textOf(c.Prompt(t.Context(), "p", langshark.WithFallback("code"))), "code")
	end(t, c)
	a.fail(errors.New("down"))
	c = client(named{a, "A"})
	want(t, textOf(c.Prompt(t.Context(), "p")), "of A")
	end(t, c)
	for _, source := range []langshark.PromptSource{b, named{b, ""}} {
		for len(told) > 0 {
			<-told
		}
		c = client(source)
		want(t, textOf(c.Prompt(t.Context(), "p", langshark.WithFallback("code"))), "code")
		end(t, c)
		select {
		case err := <-told:
			if !strings.Contains(err.Error(), "PromptIdentity") {
				t.Errorf("told %v", err)
			}
		default:
			t.Error("nothing is told")
		}
	}
}

// quiet is a source that tells of what changes, says whose prompts it has, and doesn't begin with "any may have changed".
type quiet struct{ named }

func (q quiet) WatchPrompts(ctx context.Context, changed func(string)) error {
	for {
		select {
		case name := <-q.changes:
			changed(name)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// quietProcess is a client that is told of changes and keeps its prompts in the file.
func quietProcess(t *testing.T, h *hub, file string, told func(error)) *langshark.Client {
	t.Helper()
	h.changes = make(chan string)
	return prompts(t, quiet{named{h, "one"}}, func(cfg *langshark.Config) { cfg.PromptSnapshot, cfg.OnError = file, told })
}

// TestAChangeOfWhatWasOnlyReadYet is told of before anybody in this process has asked for the prompt, which is then
// none that has not changed.
func TestAChangeOfWhatWasOnlyReadYet(t *testing.T) {
	for name, tell := range map[string]func(*hub, *langshark.Client){
		"it":          func(h *hub, _ *langshark.Client) { h.changes <- "a" },
		"invalidated": func(_ *hub, c *langshark.Client) { c.InvalidatePrompt("a") },
		"any":         func(h *hub, _ *langshark.Client) { h.changes <- "" },
		"another":     func(h *hub, _ *langshark.Client) { h.changes <- "b" },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "prompts.json")
				saved := inFile("a", time.Now())
				saved.ETag = "old"
				writePrompts(t, file, saved)
				h := newHub(map[string]string{"a@production": "now", "x@production": "x"})
				h.delay = time.Second
				c := quietProcess(t, h, file, func(error) {})
				want(t, textOf(c.Prompt(t.Context(), "x")), "x")
				tell(h, c)
				synctest.Wait()
				ask := func() string { return textOf(c.Prompt(t.Context(), "a", langshark.WithTTL(time.Hour))) }
				want(t, ask(), "saved") // nobody waits
				advance(2 * time.Second)
				if name == "another" {
					want(t, ask(), "saved")
					return
				}
				want(t, ask(), "now")
				last, tag := h.asked[len(h.asked)-1], ""
				if name == "any" {
					tag = "old"
				}
				want(t, last.Name+" "+last.ETag, "a "+tag)
			})
		})
	}
}

// TestAChangeFetchesNothingThatNobodyAskedFor has a file that other processes have filled.
func TestAChangeFetchesNothingThatNobodyAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, at := filepath.Join(t.TempDir(), "prompts.json"), time.Now().AddDate(0, 0, -20)
		var saved []promptInFile
		for i := range 30 {
			p := inFile("a", at)
			p.Label = fmt.Sprintf("label-%d", i)
			saved = append(saved, p)
		}
		writePrompts(t, file, saved...)
		h := newHub(map[string]string{"a@production": "x"})
		c := quietProcess(t, h, file, func(err error) { t.Errorf("told %v", err) })
		want(t, textOf(c.Prompt(t.Context(), "a")), "x")
		h.set("a@production", "y")
		h.changes <- "a"
		c.InvalidatePrompt("a")
		synctest.Wait()
		want(t, textOf(c.Prompt(t.Context(), "a")), "y")
		if s := c.Stats().Prompts; s.Kept != 1 {
			t.Errorf("%+v", s)
		}
		for _, r := range h.asked {
			want(t, r.Label, langshark.LabelProduction)
		}
		for range 11 * 24 {
			advance(time.Hour)
			want(t, textOf(c.Prompt(t.Context(), "a")), "y")
		}
		end(t, c)
		if list := readPrompts(t, file).Prompts; len(list) != 1 || list[0].Label != langshark.LabelProduction {
			t.Errorf("%d are in the file, and 30 days have passed", len(list))
		}
	})
}
