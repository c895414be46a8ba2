package llmhttp

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/langshark/langshark-go/langsharktest"
)

const usageEvent = `data: {"id":"c1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}` + "\n\n"

func TestHideUsage(t *testing.T) {
	azure := `data: {"choices":[],"prompt_filter_results":[]}` + "\n\n" // no choices, but no usage
	null := `data: {"choices":[],"usage":null}` + "\n\n"
	long := `data: {"choices":[],"x":"` + strings.Repeat("y", maxHeldBytes) + `","usage":{}}` + "\n\n"
	for name, tt := range map[string]struct{ in, want string }{
		"at the end":               {firstChunk + lastChunk + usageEvent + done, firstChunk + lastChunk + done},
		"nothing to hide":          {azure + firstChunk + null + done, azure + firstChunk + null + done},
		"carriage returns":         {strings.ReplaceAll(firstChunk+usageEvent+done, "\n", "\r\n"), strings.ReplaceAll(firstChunk+done, "\n", "\r\n")},
		"lone returns":             {strings.ReplaceAll(firstChunk+usageEvent+done, "\n", "\r"), strings.ReplaceAll(firstChunk+done, "\n", "\r")},
		"comments":                 {": hi\n\n" + usageEvent + ": bye\n\n" + done, ": hi\n\n: bye\n\n" + done},
		"last, without a line":     {firstChunk + strings.TrimSuffix(usageEvent, "\n"), firstChunk},
		"unfinished":               {firstChunk + usageEvent[:30], firstChunk + usageEvent[:30]},
		"too long to hold":         {long + done, long + done},
		"with a comment and an id": {firstChunk + ": alive\nid: 7\n" + usageEvent + done, firstChunk + done},
		"choices null":             {strings.Replace(usageEvent, "[]", "null", 1) + done, done},
		"an error beside it":       {strings.Replace(usageEvent, `"usage"`, `"error":{"message":"m"},"usage"`, 1) + done, strings.Replace(usageEvent, `"usage"`, `"error":{"message":"m"},"usage"`, 1) + done},
		"not a stream":             {"plain text", "plain text"},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, r := range map[string]io.Reader{
				"whole": strings.NewReader(tt.in), "bytewise": iotest.OneByteReader(strings.NewReader(tt.in)),
				"half": iotest.HalfReader(strings.NewReader(tt.in)), "with its end": iotest.DataErrReader(strings.NewReader(tt.in)),
			} {
				got, err := io.ReadAll(&usageHider{rc: io.NopCloser(r)})
				if err != nil || string(got) != tt.want {
					t.Errorf("%s: %v\ngot  %q\nwant %q", kind, err, got, tt.want)
				}
			}
		})
	}
	broken := errors.New("broken")
	got, err := io.ReadAll(&usageHider{rc: io.NopCloser(io.MultiReader(strings.NewReader(firstChunk+usageEvent[:30]), iotest.ErrReader(broken)))})
	if !errors.Is(err, broken) || string(got) != firstChunk+usageEvent[:30] {
		t.Errorf("broken: %q, %v", got, err)
	}
}

// The application that didn't ask for the usage sees what it would without us;
// who asked, or asked for whole answers, is left alone.
func TestStreamUsageHidden(t *testing.T) {
	for name, tt := range map[string]struct{ request, contentType, want string }{
		"did not ask": {ask + `,"stream":true}`, "text/event-stream", firstChunk + lastChunk + done},
		"asked":       {ask + `,"stream":true,"stream_options":{"include_usage":true}}`, "text/event-stream", firstChunk + lastChunk + usageEvent + done},
		"no stream":   {ask + `,"stream":true}`, "application/json", firstChunk + lastChunk + usageEvent + done},
		"of no type":  {ask + `,"stream":true}`, "", firstChunk + lastChunk + done},
	} {
		t.Run(name, func(t *testing.T) {
			rec := langsharktest.NewRecorder(t)
			base := respond(http.StatusOK, tt.contentType, stream(firstChunk, lastChunk+usageEvent, done))
			rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
				resp, err := base(r)
				resp.ContentLength = 1000
				resp.Header.Set("Content-Length", "1000")
				return resp, err
			}), WithStreamUsage())
			resp, err := rt.RoundTrip(newRequest(rec.Context(), t, tt.request))
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if string(got) != tt.want {
				t.Errorf("got %q", got)
			}
			if hidden := name == "did not ask" || name == "of no type"; hidden != (resp.ContentLength == -1) || hidden != (resp.Header.Get("Content-Length") == "") {
				t.Errorf("length %d, header %v", resp.ContentLength, resp.Header)
			}
			o := rec.RequireObservation("chat gpt-4o")
			if name == "no stream" {
				return
			}
			if u := o.Generation.Usage; u == nil || u.TotalTokens != 13 {
				t.Errorf("usage %+v", u)
			}
			want(t, o, map[string]string{"langshark.stream.end": `"complete"`})
		})
	}
}

// Providers that don't have the option aren't asked.
func TestStreamUsageElsewhere(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	for _, url := range []string{"https://api.mistral.ai/v1/chat/completions", "https://api.openai.com/v1/responses"} {
		var sent string
		rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			b, _ := io.ReadAll(r.Body)
			sent = string(b)
			return respond(http.StatusOK, "text/event-stream", stream(firstChunk, done))(r)
		}), WithStreamUsage())
		body := ask + `,"stream":true}`
		sendTo(rec.Context(), t, rt, http.MethodPost, url, body)
		if sent != body {
			t.Errorf("%s: sent %s", url, sent)
		}
	}
}
