package llmhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/internal/llmwire"
	"github.com/langshark/langshark-go/internal/toolcalls"
)

// How the answer of an attempt ended; see the package's comment.
const (
	endComplete    = "complete"
	endClosedEarly = "closed_early"
	endCancelled   = "cancelled"
	endError       = "error"
	endTruncated   = "truncated"
)

const statusCode = "http.response.status_code"

// outcome is what became of one attempt.
type outcome struct {
	start, at time.Time
	status    int // 0: no answer
	header    http.Header
	response  llmwire.Response
	end       string
	message   string // what went wrong; empty if nothing did
	unread    string // why the answer could not be read
	timedOut  bool   // the context's time was over
	stream    bool
	loose     bool // the application need not read the answer
}

// settle decides how it ended.
func (o *outcome) settle(ctx context.Context, err error, stream bool) {
	o.stream = stream
	r := &o.response
	switch {
	case o.status >= http.StatusMultipleChoices:
		o.end = endError
		o.message = o.statusLine()
		if r.Err != nil && r.Err.Message != "" {
			o.message += ": " + r.Err.Message
		}
	case r.Err != nil:
		o.end, o.message = endError, r.Err.Message
		if o.message == "" {
			o.message = "the provider reported an error"
		}
	case o.status != 0 && (r.Complete || r.Endless && errors.Is(err, io.EOF) || o.loose && errors.Is(err, errClosed)):
		o.end = endComplete
	case errors.Is(err, io.EOF) && o.status != 0:
		o.end, o.message = endTruncated, "the answer ended before its end mark"
	case ctx.Err() != nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		o.end, o.message = endCancelled, plainError(err)
		if cause := context.Cause(ctx); cause != nil {
			o.message = plainError(cause)
		}
		o.timedOut = errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded)
	case errors.Is(err, errClosed):
		o.end, o.message = endClosedEarly, "closed by the application before the end"
	default:
		o.end, o.message = endError, plainError(err)
	}
}

func (o *outcome) statusLine() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", o.status, http.StatusText(o.status)))
}

// withoutText leaves out what the provider says of an error: it may repeat the request.
func (o *outcome) withoutText() {
	if o.response.Err == nil {
		return
	}
	o.response.Err.Message, o.response.Err.Body = "", ""
	if o.message = "the provider reported an error"; o.status >= http.StatusMultipleChoices {
		o.message = o.statusLine()
	}
}

// plainError is the error's text without the URL, whose query may hold a key.
func plainError(err error) string {
	var u *url.Error
	if errors.As(err, &u) && u.Err != nil {
		return u.Err.Error()
	}
	return err.Error()
}

// withoutSecrets takes out of what went wrong what the request must not be known
// by: its keys and the query of its URL, which providers and libraries repeat.
func (o *outcome) withoutSecrets(req *http.Request) {
	e := o.response.Err
	if o.message == "" && e == nil {
		return
	}
	var secrets []string
	for name, values := range req.Header {
		if !secretName(name) {
			continue
		}
		for _, value := range values {
			if _, token, ok := strings.Cut(value, " "); ok {
				value = token // after Bearer
			}
			secrets = append(secrets, value)
		}
	}
	if user, password, ok := req.BasicAuth(); ok {
		secrets = append(secrets, user+":"+password, password)
	}
	replace := queryOf(req.URL, &secrets)
	for _, s := range secrets {
		if isSecret(s) {
			replace = append(replace, s, "…")
		}
	}
	if len(replace) == 0 {
		return
	}
	r := strings.NewReplacer(replace...)
	o.message = r.Replace(o.message)
	if e != nil {
		e.Message, e.Body = r.Replace(e.Message), r.Replace(e.Body)
	}
}

// secretName reports whether a header or a parameter has such a name.
func secretName(name string) bool {
	name = strings.ToLower(name)
	for _, part := range [...]string{"key", "token", "secret", "authorization", "password", "signature", "sig"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// isSecret tells a key from a word that stands for one, as in "Bearer ollama",
// which must not be taken out of every text.
func isSecret(s string) bool {
	return len(s) >= 8 && strings.ContainsFunc(s, func(r rune) bool { return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' })
}

// queryOf returns what stands for a URL's query, and what instead of it, and adds
// the secrets in it.
func queryOf(u *url.URL, secrets *[]string) (replace []string) {
	if u == nil || u.RawQuery == "" && u.User == nil {
		return nil
	}
	plain := *u
	plain.RawQuery, plain.Fragment, plain.RawFragment, plain.User = "", "", "", nil
	replace = []string{u.String(), plain.String(), u.Redacted(), plain.String()}
	if password, ok := u.User.Password(); ok {
		*secrets = append(*secrets, password)
	}
	if u.RawQuery == "" {
		return replace
	}
	replace = append(replace, "?"+u.RawQuery, "")
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		if value == "" || !secretName(name) {
			continue
		}
		replace = append(replace, part, "…")
		*secrets = append(*secrets, value)
		if text, err := url.QueryUnescape(value); err == nil {
			*secrets = append(*secrets, text)
		}
	}
	return replace
}

// ok reports whether the call needs no other attempt.
func (o *outcome) ok() bool { return o.end == endComplete }

// describe makes the outcome's entry in the list of attempts.
func (o *outcome) describe() map[string]any {
	m := map[string]any{
		"start": o.start.UTC().Format(time.RFC3339Nano), "duration_ms": o.at.Sub(o.start).Milliseconds(), "end": o.end,
	}
	if o.status != 0 {
		m["status"] = o.status
	}
	if o.message != "" {
		m["error"] = o.message
	}
	if after := retryAfter(o.header); after > 0 {
		m["retry_after_ms"] = after.Milliseconds()
	}
	return m
}

// record puts the outcome into the call's observation.
func (o *outcome) record(c *call) {
	r, g := &o.response, c.observation
	if r.Model != "" {
		c.generation.SetModel(r.Model)
	}
	for i := range r.ToolCalls {
		t := &r.ToolCalls[i]
		toolcalls.Asked(toolcalls.Call{Trace: g.TraceID(), Parent: langshark.ObservationID(c.ctx), ID: t.ID, Name: t.Name, Arguments: t.Arguments, Generation: g.ID(), At: o.at})
	}
	if r.ID != "" {
		g.SetMetadata("gen_ai.response.id", r.ID)
	}
	if len(r.FinishReasons) > 0 {
		g.SetMetadata("gen_ai.response.finish_reasons", r.FinishReasons)
	}
	for name, value := range r.Attributes {
		g.SetMetadata(name, value)
	}
	if u := r.Usage; u != nil {
		c.generation.SetUsage(langshark.Usage{
			InputTokens: u.Input, OutputTokens: u.Output, TotalTokens: u.Total,
			CachedInputTokens: u.CachedInput, CacheWriteTokens: u.CacheWrite, InputAudioTokens: u.InputAudio,
			ReasoningTokens: u.Reasoning, OutputAudioTokens: u.OutputAudio, Details: u.Details,
		})
	}
	if r.Cost > 0 {
		c.generation.SetCost(langshark.Cost{Total: langshark.USD(r.Cost)})
	}
	if o.status != 0 {
		g.SetMetadata(statusCode, o.status)
	}
	for _, h := range [...]struct{ name, key string }{
		{"X-Request-Id", "http.response.header.x-request-id"}, // OpenAI
		{"Request-Id", "http.response.header.request-id"},     // Anthropic
	} {
		if id := o.header.Get(h.name); id != "" && len(id) <= 200 {
			g.SetMetadata(h.key, id)
		}
	}
	if o.stream && o.status < http.StatusMultipleChoices || o.end != endComplete && o.status < http.StatusMultipleChoices {
		g.SetMetadata("langshark.stream.end", o.end)
	}
	o.recordOutput(g, c.options)
	switch o.end {
	case endComplete:
	case endClosedEarly:
		g.SetStatusMessage(o.message)
	case endCancelled:
		g.SetLevel(langshark.LevelWarning)
		g.SetStatusMessage(o.message)
	default:
		g.SetLevel(langshark.LevelError)
		g.SetStatusMessage(o.message)
		if r.Err != nil && r.Err.Kind() != "" {
			g.SetMetadata("error.type", r.Err.Kind())
		}
	}
}

func (o *outcome) recordOutput(g observation, opts *options) {
	r := &o.response
	if o.unread != "" {
		g.SetMetadata("langshark.output.unread", o.unread)
	}
	if r.Truncated {
		g.SetMetadata("langshark.output.truncated", true)
	}
	if len(r.Output) > 0 {
		if !opts.noOutput {
			g.SetOutput(r.Output)
		}
		if r.Err != nil && !opts.noInput && !opts.noOutput {
			g.SetMetadata("langshark.error.body", r.Err.Body)
		}
		return
	}
	if r.Err == nil || opts.noInput || opts.noOutput { // which an error's body may repeat
		return
	}
	switch body := strings.TrimSpace(r.Err.Body); {
	case body == "":
	case json.Valid([]byte(body)):
		g.SetOutput(json.RawMessage(body))
	default:
		g.SetOutput(body)
	}
}
