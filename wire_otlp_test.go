package langshark_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/langshark/langshark-go"
)

// On OTLP the record that creates a trace is left out, for spans say what it does, but not a trace's own input and output.
func TestATracesOwnInputAndOutputArriveOnEachWire(t *testing.T) {
	for name, w := range wires {
		t.Run(name, func(t *testing.T) {
			s, cfg := w.server()
			var bodies bytes.Buffer
			s.answer = func(path string, body []byte) (int, string) {
				if strings.HasSuffix(path, "/ingestion") {
					bodies.Write(body)
				}
				return 0, ""
			}
			r := record(t, cfg)
			for round := range 2 { // auto doesn't know the wire in the first
				ctx, tr := r.StartTrace(t.Context(), "own", langshark.WithUser("kim"))
				langshark.UpdateTrace(ctx, langshark.WithInput(fmt.Sprint("own input ", round)))
				langshark.UpdateTrace(ctx, langshark.WithOutput(fmt.Sprint("own output ", round)))
				tr.SetOutput("the root's")
				tr.End()
				r.flush()
			}
			for _, want := range []string{"own input 0", "own output 0", "own input 1", "own output 1", `"userId":"kim"`} {
				if !strings.Contains(bodies.String(), want) {
					t.Errorf("%q did not arrive", want)
				}
			}
			_, plain := r.StartTrace(t.Context(), "plain", langshark.WithInput("q"))
			plain.End()
			r.flush()
			own := slices.DeleteFunc(slices.Clone(s.events), func(e wireEvent) bool { return e.Type != "trace-create" })
			if want := map[bool]int{true: 2, false: 3}[w.spans]; len(own) != want {
				t.Errorf("%d trace records, not %d", len(own), want)
			}
			if d := r.Stats().Dropped.Total(); d != 0 {
				t.Errorf("%d dropped", d)
			}
		})
	}
}

// Announcements by OTLP counted as delivered, and nothing of them went anywhere.
func TestNothingIsAnnouncedByOTLP(t *testing.T) {
	for name, w := range wires {
		t.Run(name, func(t *testing.T) {
			_, cfg := w.server()
			synctest.Test(t, func(t *testing.T) {
				cfg.Logger = slog.New(slog.DiscardHandler)
				c, err := langshark.New(cfg)
				if err != nil {
					t.Fatal(err)
				}
				_, first := c.StartSpan(t.Context(), "first")
				first.End()
				if err := c.Flush(t.Context()); err != nil { // the wire is known now
					t.Fatal(err)
				}
				before := c.Stats().Accepted
				for range 3 {
					_, running := c.StartSpan(t.Context(), "running")
					advance(3 * time.Second)
					defer running.End()
				}
				announced := c.Stats().Accepted - before
				if want := map[bool]int64{true: 0, false: 6}[w.spans]; announced != want { // roots: their traces too
					t.Errorf("%d records of what runs, not %d", announced, want)
				}
				if err := c.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// killedDir names the spool of a process that dies with work open.
const killedDir = "LANGSHARK_TEST_KILLED_DIR"

// runUntilKilled records something that doesn't end, and says when that is on disk.
func runUntilKilled(dir string) {
	c, err := langshark.New(langshark.Config{
		Host: "http://127.0.0.1:1", PublicKey: "pk", SecretKey: "sk", Protocol: langshark.Protocol(os.Getenv(killedDir + "_PROTOCOL")),
		SpoolDir: dir, MaxRetries: -1, FlushInterval: 20 * time.Millisecond, OnError: func(error) {},
	})
	if err != nil {
		panic(err)
	}
	ctx, _ := c.StartTrace(context.Background(), "root")
	_, g := langshark.StartGeneration(ctx, "hanging", langshark.WithInput("QUESTION"), langshark.WithModel("gpt-4o"))
	_, done := langshark.StartSpan(ctx, "done")
	done.End()
	for range time.Tick(10 * time.Millisecond) {
		if c.Stats().Spooled >= 4 { // done, root and its trace, hanging
			break
		}
	}
	fmt.Println("on disk", g.ID())
	select {}
}

// What ran when a process was killed was on disk as an announcement, which OTLP leaves out.
func TestWorkThatDiedWhileItRanArrivesOnEachWire(t *testing.T) {
	if dir := os.Getenv(killedDir); dir != "" {
		runUntilKilled(dir)
	}
	for name, want := range map[string][]string{
		"auto, 3": {"generation-create hanging open", "span-create done", "span-create root open"},
		"auto, 4": {"span done", "span hanging unfinished", "span root unfinished"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, cfg := wires[name].server()
			cfg.SpoolDir = t.TempDir()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWorkThatDiedWhileItRanArrivesOnEachWire$", "-test.timeout=1m")
			cmd.Env = append(os.Environ(), killedDir+"="+cfg.SpoolDir, killedDir+"_PROTOCOL="+string(cfg.Protocol))
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line := make([]byte, 100)
			if n, err := out.Read(line); err != nil || !strings.HasPrefix(string(line[:n]), "on disk") {
				t.Errorf("%q, %v", line[:n], err)
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()

			r := record(t, cfg)
			_, last := r.StartSpan(t.Context(), "last")
			last.End()
			r.flush()
			got := slices.DeleteFunc(s.arrived(), func(text string) bool { return strings.Contains(text, "last") })
			slices.Sort(got)
			requireList(t, "after a kill", got, want)
			for _, sp := range s.spans {
				if sp.name == "hanging" && (sp.attributes["langfuse.observation.input"] != "QUESTION" || sp.attributes["langshark.unfinished"] != "true" || sp.end < sp.start) {
					t.Errorf("%+v", sp)
				}
			}
			if st := r.Stats(); st.Adopted < 4 || st.Dropped.Total() != 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}
