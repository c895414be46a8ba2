package langshark_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/langshark/langshark-go"
)

// server is a Langfuse server of the given version, without a network: it takes both wires and keeps
// what came. answer, if set, sees each request but those to health first, unpacked, and returns 0 to go on.
type server struct {
	version string
	answer  func(path string, body []byte) (status int, text string)

	mu       sync.Mutex
	requests int
	events   []wireEvent
	spans    []wireSpan
	seen     map[string]int // observations that came, by id
}

// wireEvent is one of the ingestion API.
type wireEvent struct {
	ID, Type string
	Body     struct {
		ID, Name, TraceID, StartTime, EndTime string
		Metadata                              map[string]any
	}
}

// wireSpan is one of OTLP.
type wireSpan struct {
	id, trace, parent, name string
	start, end              uint64
	attributes              map[string]string // those that are text, or "true"
}

func (s *server) client() *http.Client { return &http.Client{Transport: s} }

// config is of a client to the server by one wire.
func (s *server) config(p langshark.Protocol) langshark.Config {
	return langshark.Config{Protocol: p, Host: "http://server.invalid", PublicKey: "pk", SecretKey: "sk", HTTPClient: s.client(), OnError: func(error) {}}
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
		_ = r.Body.Close()
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
		if body, err = io.ReadAll(z); err != nil {
			return nil, fmt.Errorf("reading the request: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	path := r.URL.Path
	if strings.HasSuffix(path, "/health") {
		return s.respond(r, http.StatusOK, fmt.Sprintf(`{"status":"OK","version":%q}`, s.version)), nil
	}
	if s.answer != nil {
		if status, text := s.answer(path, body); status != 0 {
			return s.respond(r, status, text), nil
		}
	}
	if strings.HasSuffix(path, "/traces") {
		if err := s.takeSpans(body); err != nil {
			return s.respond(r, http.StatusBadRequest, err.Error()), nil
		}
		return s.respond(r, http.StatusOK, "{}"), nil
	}
	if r.Method == http.MethodGet {
		return s.respond(r, http.StatusOK, `{"data":[]}`), nil
	}
	var batch struct{ Batch []wireEvent }
	if err := json.Unmarshal(body, &batch); err != nil {
		return s.respond(r, http.StatusBadRequest, err.Error()), nil
	}
	var done []string
	for _, e := range batch.Batch {
		s.count(e.Body.ID)
		done = append(done, fmt.Sprintf(`{"id":%q,"status":201}`, e.ID))
	}
	s.events = append(s.events, batch.Batch...)
	return s.respond(r, http.StatusMultiStatus, `{"successes":[`+strings.Join(done, ",")+`],"errors":[]}`), nil
}

func (s *server) respond(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

func (s *server) count(id string) {
	if s.seen == nil {
		s.seen = map[string]int{}
	}
	s.seen[id]++
}

// arrived lists the observations as they came: of the ingestion API by their event types.
func (s *server) arrived() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		text := e.Type + " " + e.Body.Name
		if e.Body.EndTime == "" {
			text += " open"
		}
		if e.Body.Metadata["langshark.unfinished"] != nil {
			text += " unfinished"
		}
		if e.Type != "trace-create" {
			all = append(all, text)
		}
	}
	for _, sp := range s.spans {
		text := "span " + sp.name
		if sp.attributes["langshark.unfinished"] != "" {
			text += " unfinished"
		}
		all = append(all, text)
	}
	return all
}

// takeSpans reads the protobuf form by the numbers of opentelemetry-proto.
func (s *server) takeSpans(body []byte) error {
	return fields(body, func(_ uint64, resource []byte, _ uint64) error {
		return fields(resource, func(n uint64, scope []byte, _ uint64) error {
			if n != 2 {
				return nil
			}
			return fields(scope, func(n uint64, b []byte, _ uint64) error {
				if n != 2 {
					return nil
				}
				span, err := readSpan(b)
				s.spans = append(s.spans, span)
				s.count(span.id)
				return err
			})
		})
	})
}

func readSpan(b []byte) (s wireSpan, err error) {
	s.attributes = map[string]string{}
	err = fields(b, func(n uint64, b []byte, v uint64) error {
		switch n {
		case 1:
			s.trace = hex.EncodeToString(b)
		case 2:
			s.id = hex.EncodeToString(b)
		case 4:
			s.parent = hex.EncodeToString(b)
		case 5:
			s.name = string(b)
		case 7:
			s.start = v
		case 8:
			s.end = v
		case 9:
			var key, value string
			err := fields(b, func(n uint64, b []byte, _ uint64) error {
				if n == 1 {
					key = string(b)
					return nil
				}
				return fields(b, func(n uint64, b []byte, v uint64) error {
					if value = string(b); n == 2 {
						value = fmt.Sprint(v == 1)
					}
					return nil
				})
			})
			s.attributes[key] = value
			return err
		}
		return nil
	})
	return s, err
}

// fields calls f with each field of a protobuf message: its number, and its bytes or value.
func fields(b []byte, f func(n uint64, b []byte, v uint64) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return errors.New("no tag")
		}
		var part []byte
		var v uint64
		switch b = b[n:]; tag & 7 {
		case 0:
			v, n = binary.Uvarint(b)
		case 1:
			v, n = binary.LittleEndian.Uint64(b), 8
		case 2:
			l, k := binary.Uvarint(b)
			if k <= 0 || l > uint64(len(b)-k) {
				return errors.New("cut off")
			}
			part, n = b[k:k+int(l)], k+int(l)
		default:
			n = 0
		}
		if n <= 0 {
			return fmt.Errorf("field %d can't be read", tag)
		}
		b = b[n:]
		if err := f(tag>>3, part, v); err != nil {
			return err
		}
	}
	return nil
}

// wire is a way to a server.
type wire struct {
	protocol langshark.Protocol
	version  string
	spans    bool // it is OTLP
}

// wires are all of them, by name.
var wires = map[string]wire{
	"ingestion": {langshark.ProtocolIngestion, "3.0.0", false},
	"otlp":      {langshark.ProtocolOTLP, "4.0.0", true},
	"auto, 2":   {langshark.ProtocolAuto, "2.75.0", false},
	"auto, 3":   {langshark.ProtocolAuto, "3.1.0", false},
	"auto, 4":   {langshark.ProtocolAuto, "4.0.0", true},
}

// server returns one, and the configuration of a client to it.
func (w wire) server() (*server, langshark.Config) {
	s := &server{version: w.version}
	return s, s.config(w.protocol)
}

func requireList(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}
