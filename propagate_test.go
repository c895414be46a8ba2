package langshark_test

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/langshark/langshark-go"
)

const validTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestTraceIDFromSeed(t *testing.T) {
	// An empty text's SHA-256 begins so (FIPS 180-4 test vector).
	if got := langshark.TraceIDFromSeed(""); got != "e3b0c44298fc1c149afbf4c8996fb924" {
		t.Error(got)
	}
}

func TestTraceparentRoundTrip(t *testing.T) {
	a, b := record(t, langshark.Config{}), record(t, langshark.Config{})
	ctx, parent := a.StartSpan(t.Context(), "caller")
	header, m := http.Header{}, map[string]string{}
	langshark.InjectHeader(ctx, header)
	langshark.InjectMap(ctx, m)
	if header.Get("traceparent") != m["traceparent"] || header.Get("traceparent") != "00-"+parent.TraceID()+"-"+parent.ID()+"-01" {
		t.Errorf("%q, %q", header, m)
	}
	joined := langshark.ExtractHeader(with(t, b), header)
	_, child := langshark.StartSpan(joined, "callee")
	child.End()
	parent.End()
	if o := b.one("callee"); o.TraceID != parent.TraceID() || o.ParentID != parent.ID() {
		t.Errorf("%+v", o)
	}
	if n := len(b.mem.Traces()); n != 0 {
		t.Errorf("the callee wrote %d trace records over the caller's", n)
	}
	langshark.UpdateTrace(joined, langshark.WithUser("kim"))
	if tr := b.trace(); tr.Attributes.UserID != "kim" || tr.Attributes.TraceName != "" || tr.ID != parent.TraceID() {
		t.Errorf("%+v", tr)
	}
	if got := langshark.Traceparent(langshark.ExtractMap(with(t, b), m)); got != m["traceparent"] {
		t.Errorf("passed on as %q", got)
	}
}

func TestTraceparentThatIsNotValid(t *testing.T) {
	r := record(t, langshark.Config{})
	ctx := with(t, r)
	for _, s := range []string{
		"", "x", validTraceparent[:54], validTraceparent + "-", "ff" + validTraceparent[2:], strings.ToUpper(validTraceparent),
		"00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		strings.Replace(validTraceparent, "-", "_", 1), validTraceparent[:53] + "zz",
	} {
		if got := langshark.ContextWithTraceparent(ctx, s); got != ctx {
			t.Errorf("%q was taken", s)
		}
	}
	if got := langshark.TraceID(langshark.ContextWithTraceparent(ctx, "01"+validTraceparent[2:]+"-more")); got != "0af7651916cd43dd8448eb211c80319c" {
		t.Errorf("a later version: %q", got)
	}
	unsampled := langshark.ContextWithTraceparent(ctx, validTraceparent[:53]+"00")
	if _, s := langshark.StartSpan(unsampled, "x"); s != nil {
		t.Error("the caller's decision not to sample is not followed")
	}
}

func TestContextWithParentTakesAnyID(t *testing.T) {
	r := record(t, langshark.Config{})
	_, s := langshark.StartSpan(langshark.ContextWithParent(with(t, r), "order-17", "step-1"), "a")
	s.End()
	_, s = langshark.StartSpan(langshark.ContextWithParent(with(t, r), "order-17", ""), "b")
	s.End()
	if o := r.one("a"); o.TraceID != "order-17" || o.ParentID != "step-1" {
		t.Errorf("%+v", o)
	}
	if o := r.one("b"); o.TraceID != "order-17" || o.ParentID != "" {
		t.Errorf("%+v", o)
	}
}

func serve(t *testing.T, r *recorder, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h.ServeHTTP(w, req.WithContext(langshark.ContextWithClient(req.Context(), r.Client)))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func get(t *testing.T, client *http.Client, url string, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(req.Header, header)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestHandlerTrustsNobodyByDefault(t *testing.T) {
	caller := http.Header{"Traceparent": {validTraceparent}, "Baggage": {"langfuse_user_id=eve,langfuse_tags=a%2Cb"}, "Authorization": {"Bearer secret"}}
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") })
	yes := func(*http.Request) bool { return true }

	r := record(t, langshark.Config{})
	get(t, http.DefaultClient, serve(t, r, langshark.ObserveHandler("request", ok))+"/a?key=secret", caller)
	o := r.one("request")
	if o.ParentID != "" || strings.Contains(validTraceparent, o.TraceID) || meta(o.Metadata, "langshark.link") != `"`+validTraceparent+`"` || o.Attributes.UserID != "" {
		t.Errorf("%+v", o)
	}
	if meta(o.Metadata, "http.response.status_code") != "200" || meta(o.Metadata, "url.path") != `"/a"` || meta(o.Metadata, "http.response.body.size") != "4" {
		t.Errorf("%+v", o.Metadata)
	}
	for _, kv := range o.Metadata {
		if strings.Contains(jsonOf(kv.Value), "secret") {
			t.Errorf("%s has %s", kv.Key, jsonOf(kv.Value))
		}
	}

	r = record(t, langshark.Config{})
	h := langshark.ObserveHandler("request", ok, langshark.TrustCaller(yes), langshark.TrustBaggage(yes))
	get(t, http.DefaultClient, serve(t, r, h), caller)
	if o := r.one("request"); o.TraceID != validTraceparent[3:35] || o.ParentID != validTraceparent[36:52] || o.Attributes.UserID != "eve" || len(o.Attributes.Tags) != 2 {
		t.Errorf("%+v %+v", o, o.Attributes)
	}
}

func TestHandlerRecordsErrorsAndPanics(t *testing.T) {
	r := record(t, langshark.Config{})
	mux := http.NewServeMux()
	mux.Handle("/fail/{id}", langshark.ObserveHandler("fail", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }),
		langshark.WithRequestAttributes(func(r *http.Request) []langshark.TraceOption {
			return []langshark.TraceOption{langshark.WithUser(r.PathValue("id"))}
		})))
	mux.Handle("GET /items/{id}", langshark.ObserveHandler("", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	mux.Handle("/panic", langshark.ObserveHandler("", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })))
	url := serve(t, r, mux)
	get(t, http.DefaultClient, url+"/fail/7", nil)
	if o := r.one("fail"); o.Level != langshark.LevelError || meta(o.Metadata, "http.route") != `"/fail/{id}"` || o.Attributes.UserID != "7" {
		t.Errorf("%+v", o)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/panic", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := http.DefaultClient.Do(req); err == nil {
		resp.Body.Close()
		t.Error("the panic did not reach net/http")
	}
	get(t, http.DefaultClient, url+"/items/42", nil)
	if o := r.one("GET /items/{id}"); meta(o.Metadata, "url.path") != `"/items/42"` {
		t.Errorf("%+v", o)
	}
	if o := r.one("POST /panic"); o.Level != langshark.LevelError || !strings.HasPrefix(o.StatusMessage, "panic: ") {
		t.Errorf("%+v", o)
	}
}

func TestHandlerKeepsFlushAndHijack(t *testing.T) {
	r := record(t, langshark.Config{})
	url := serve(t, r, langshark.ObserveHandler("request", http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/flush" {
			_, _ = io.WriteString(w, "one ")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "two")
			return
		}
		hijack := http.NewResponseController(w).Hijack
		if req.URL.Path == "/hijack" {
			hijack = w.(http.Hijacker).Hijack // as WebSocket libraries ask
		}
		conn, rw, err := hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n")
		_ = rw.Flush()
	})))
	if _, body := get(t, http.DefaultClient, url+"/flush", nil); body != "one two" {
		t.Errorf("%q", body)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /hijack HTTP/1.1\r\nHost: x\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "418") {
		t.Errorf("%q, %v", line, err)
	}
}

// roundTrip answers without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransport(t *testing.T) {
	r := record(t, langshark.Config{})
	var got *http.Request
	base := roundTrip(func(req *http.Request) (*http.Response, error) {
		got = req
		return &http.Response{StatusCode: http.StatusNotFound, Status: "404 Not Found", Body: http.NoBody, Request: req}, nil
	})
	client := &http.Client{Transport: langshark.NewTransport(base, langshark.WithBaggageHosts("api.internal", ".corp.example"))}
	ctx, tr := r.StartTrace(t.Context(), "root", langshark.WithUser("김"), langshark.WithTags("a", "b"))
	send := func(url string) {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if req.Header.Get("Traceparent") != "" {
			t.Error("the application's request was changed")
		}
	}
	send("http://other.example/x?key=secret")
	if !strings.Contains(got.Header.Get("Traceparent"), tr.ID()) || got.Header.Get("Baggage") != "" {
		t.Errorf("%v", got.Header)
	}
	o := r.one("GET other.example")
	if o.ParentID != tr.ObservationID() || !strings.Contains(got.Header.Get("Traceparent"), o.ID) || o.Level != langshark.LevelError {
		t.Errorf("%+v", o)
	}
	for _, kv := range o.Metadata {
		if strings.Contains(jsonOf(kv.Value), "secret") {
			t.Errorf("%s has %s", kv.Key, jsonOf(kv.Value))
		}
	}
	for _, host := range []string{"api.internal", "a.corp.example"} {
		send("http://" + host + "/")
		if b := got.Header.Get("Baggage"); b != "langfuse_user_id=%EA%B9%80,langfuse_tags=a%2Cb" && b != "langfuse_user_id=%EA%B9%80,langfuse_tags=a,b" {
			t.Errorf("%s: %q", host, b)
		}
	}
	for _, host := range []string{"api.openai.com", "my.openai.azure.com", "us-central1-aiplatform.googleapis.com", "bedrock-runtime.us-east-1.amazonaws.com"} {
		send("http://" + host + "/v1/chat")
		if got.Header.Get("Traceparent") != "" || got.Header.Get("Baggage") != "" {
			t.Errorf("%s gets %v", host, got.Header)
		}
	}
	tr.End()
	if n := len(r.flush().mem.Observations()); n != 4 {
		t.Errorf("%d observations", n)
	}
}

// TestBaggageObeysTheLimits of W3C: 8192 bytes and 64 members in all, tags left out first, and nobody else's touched.
func TestBaggageObeysTheLimits(t *testing.T) {
	long := strings.Repeat("한", 300)
	for name, c := range map[string]struct {
		theirs  []string
		user    string
		tags    []string
		want    []string // in their order
		wantOld int
	}{
		"all":                  {nil, "kim", []string{"a", "b"}, []string{"user_id=", "session_id=", "tags="}, 0},
		"too many tags":        {nil, "kim", []string{long, long + "1", long + "2", long + "3"}, []string{"user_id=", "session_id="}, 0},
		"a user who is large":  {nil, strings.Repeat("한", 1000), []string{"a"}, []string{"session_id=", "tags="}, 0},
		"with others' members": {[]string{"a=1,b=2", "c=3"}, "kim", []string{"a"}, []string{"user_id=", "session_id=", "tags="}, 3},
		"one place left":       {[]string{"a=1" + strings.Repeat(",b=2", 62)}, "kim", []string{"a"}, []string{"user_id="}, 63},
		"no place left":        {[]string{"a=1" + strings.Repeat(",b=2", 63)}, "kim", []string{"a"}, nil, 64},
		"few bytes left":       {[]string{"a=" + strings.Repeat("x", 8155)}, "kim", []string{"a"}, []string{"user_id="}, 1},
		"too much already":     {[]string{"a=" + strings.Repeat("x", 9000)}, "kim", []string{"a"}, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := record(t, langshark.Config{})
			ctx, tr := r.StartTrace(t.Context(), "t", langshark.WithUser(c.user), langshark.WithSession("s"), langshark.WithTags(c.tags...))
			defer tr.End()
			var got []string
			client := &http.Client{Transport: langshark.NewTransport(roundTrip(func(req *http.Request) (*http.Response, error) {
				got = req.Header.Values("Baggage")
				return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
			}), langshark.WithBaggageHosts("api.internal"))}
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://api.internal/", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header["Baggage"] = c.theirs
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			members := strings.Split(strings.Join(got, ","), ",")
			if c.wantOld+len(c.want) != len(members) {
				t.Fatalf("%d members: %.300q", len(members), members)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(members[c.wantOld+i], "langfuse_"+want) {
					t.Errorf("%.300q", members)
				}
			}
			if n := len(strings.Join(got, ",")); n > 8192 && c.wantOld != 1 {
				t.Errorf("%d bytes", n)
			}
			// What we send is what we read.
			if len(c.want) == 0 {
				return
			}
			h := langshark.ObserveHandler("request", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), langshark.TrustBaggage(func(*http.Request) bool { return true }))
			in := httptest.NewRequestWithContext(langshark.ContextWithClient(t.Context(), r.Client), http.MethodGet, "/", nil)
			in.Header["Baggage"] = got
			h.ServeHTTP(httptest.NewRecorder(), in)
			a := r.one("request").Attributes
			for _, want := range c.want {
				if want == "user_id=" && a.UserID != c.user || want == "session_id=" && a.SessionID != "s" || want == "tags=" && len(a.Tags) != len(c.tags) {
					t.Errorf("read %+v", a)
				}
			}
		})
	}
}
