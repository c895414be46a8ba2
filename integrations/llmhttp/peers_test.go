package llmhttp

import (
	"net/http"
	"testing"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/langsharktest"
)

// Each test here guards against a defect that was seen in a library of this kind.

// The provider gets our trace's id; or a header that the application sends along decides what the call is below.
func TestHeadersAreTheApplications(t *testing.T) {
	const theirs = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, sent := range []string{"", theirs} {
		rec := langsharktest.NewRecorder(t)
		ctx, root := langshark.StartTrace(rec.Context(), "turn", langshark.WithUser("kim"))
		var got http.Header
		rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			got = r.Header.Clone()
			return respond(http.StatusOK, "application/json", stream(answer))(r)
		}))
		req := newRequest(ctx, t, ask+`}`)
		if sent != "" {
			req.Header.Set("Traceparent", sent)
		}
		resp, err := rt.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		root.End()
		if got.Get("Traceparent") != sent || got.Get("Baggage") != "" || got.Get("Tracestate") != "" {
			t.Errorf("the provider got %v", got)
		}
		if o := rec.RequireObservation("chat gpt-4o"); o.TraceID != root.ID() || o.ParentID != root.ObservationID() {
			t.Errorf("the call is below %s in %s", o.ParentID, o.TraceID)
		}
	}
}

// What a call reports replaces the usage and the model of the observation around it.
func TestUsageStaysWithTheCall(t *testing.T) {
	rec := langsharktest.NewRecorder(t)
	ctx, around := langshark.StartGeneration(rec.Context(), "around", langshark.WithModel("router"))
	around.SetUsage(langshark.Usage{InputTokens: 12345})
	rt := NewTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		return respond(http.StatusOK, "application/json", stream(answer))(r)
	}))
	for range 2 {
		if got := send(ctx, t, rt, ask+`}`); got != answer {
			t.Errorf("the application got %q", got)
		}
	}
	around.End()
	if g := rec.RequireObservation("around").Generation; g.Model != "router" || g.Usage.InputTokens != 12345 || g.Usage.OutputTokens != 0 {
		t.Errorf("%+v %+v", g, g.Usage)
	}
	if n := len(rec.Observations()); n != 3 {
		t.Errorf("%d observations", n)
	}
}
