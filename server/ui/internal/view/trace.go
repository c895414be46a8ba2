package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server/internal/chat"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/ui/internal/message"
)

// Trace is the page of one trace.
type Trace struct {
	Page
	Trace *store.Trace
	Panel Panel
	// Observation is the id of the selected one; empty for the trace itself.
	Observation string
	// Preload is the address of the tree's data.
	Preload string
	// LiveURL tells of changes.
	LiveURL string
}

// Panel is what is shown of the selected observation, or of the trace.
type Panel struct {
	Page
	// Kind is "trace" or that of the observation.
	Kind          string
	Name, ID      string
	Level         exporter.Level
	StatusMessage string
	Running       bool
	Facts         []Fact
	// JSON shows payloads raw. ChatURL and JSONURL are the addresses of both views.
	JSON             bool
	ChatURL, JSONURL string
	Input, Output    Payload
	Metadata         string
	Parameters       []Fact
	Usage            []Bucket
	UsageTotal       Bucket
	Scores           []store.Score
}

// Fact is a named value. Link may be empty.
type Fact struct {
	Label, Value string
	Link         string
	Code         bool
}

// Payload is an input or output, ready to be shown.
type Payload struct {
	// Raw is the JSON as recorded, indented by no one.
	Raw string
	// Chat is set if it is a conversation.
	Chat *chat.Conversation
	// Bytes is the size of what was recorded, Cut that of what is shown if less.
	Bytes, Cut int64
}

// Bucket is a line of the usage table.
type Bucket struct {
	Label  string
	Tokens int64
	Cost   *float64
	// Class colours the bar; Offset and Width are percent of it.
	Class         string
	Offset, Width float64
}

// Sessions is the list of sessions.
type Sessions struct {
	Page
	Rows  []store.Session
	Q     string
	Older string
}

// Session is a session as one conversation.
type Session struct {
	Page
	Session store.Session
	Turns   []Turn
}

// Turn is one trace of a session.
type Turn struct {
	Trace         store.Trace
	Input, Output Payload
}

// Problem is a page that says what is wrong.
type Problem struct {
	Page
	Status int
	// Key is the catalogue's "error.<Key>.title" and ".text", Detail goes into the text.
	Key    string
	Detail string
}

// Back is where the reader can go on: the list of prompts, for one who looked for a prompt.
func (p Problem) Back() string {
	if p.Key == "missing" {
		return p.PromptURL("")
	}
	return p.Root
}

// BackKey is the text for [Problem.Back].
func (p Problem) BackKey() string {
	if p.Key == "missing" {
		return "prompts.all"
	}
	return "error.back"
}

// Dollars converts an amount; nil stays nil.
func Dollars(n *exporter.NanoUSD) *float64 {
	if n == nil {
		return nil
	}
	d := n.Dollars()
	return &d
}

func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func plainTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func latency(p message.Printer, r store.Rollup) string {
	switch {
	case r.Running:
		return p.T("js.running")
	case r.Latency == 0 && r.Observations == 0:
		return message.Unknown
	}
	return p.Duration(r.Latency)
}

func tokens(p message.Printer, r store.Rollup) string {
	if r.TotalTokens == 0 && r.InputTokens == 0 && r.OutputTokens == 0 {
		return message.Unknown
	}
	if r.InputTokens+r.OutputTokens == 0 {
		return p.Number(r.TotalTokens)
	}
	return p.Number(r.InputTokens) + " → " + p.Number(r.OutputTokens)
}

func levelClass(l exporter.Level) string { return strings.ToLower(l.String()) }

func percent(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }

func scoreValue(s store.Score) string {
	if s.Text != "" {
		return s.Text
	}
	if s.Number == nil {
		return message.Unknown
	}
	return strconv.FormatFloat(*s.Number, 'g', 6, 64)
}

func latencyClass(r store.Rollup) string {
	switch {
	case r.Errors > 0:
		return "lat error"
	case r.Latency >= 10*time.Second:
		return "lat slow"
	}
	return "lat"
}

// maxFiles is how many files a payload shows at once.
const maxFiles = 50

// foldFrom is how many of n messages to fold away at the start, so that the
// last ones are in sight.
func foldFrom(n int) int {
	const shown = 8
	if n <= shown+1 {
		return 0
	}
	return n - shown
}

func firstLine(parts []chat.Part) string {
	for _, p := range parts {
		if p.Text != "" {
			line, _, _ := strings.Cut(strings.TrimSpace(p.Text), "\n")
			return clip(line, 140)
		}
	}
	return ""
}

func clip(s string, runes int) string {
	n := 0
	for i := range s {
		if n == runes {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// alertClass is how a status message is shown.
func alertClass(l exporter.Level) string {
	switch l {
	case exporter.LevelError:
		return "error"
	case exporter.LevelWarning:
		return "warning"
	case exporter.LevelDefault, exporter.LevelDebug:
	}
	return "info"
}
