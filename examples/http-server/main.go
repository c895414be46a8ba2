// Http-server records the requests of a web service, and follows one trace
// from service to service.
//
//	go run ./examples/http-server
//
// It serves two services, sends one request through both, prints the trace and ends.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/console"
)

func main() {
	client, err := langshark.New(langshark.Config{Exporter: console.New(os.Stdout)})
	if err != nil {
		log.Fatal(err)
	}
	langshark.SetDefault(client)

	// An inner service. It joins the trace of its caller, because it trusts
	// it; by default a request from outside starts a trace of its own.
	trusted := func(*http.Request) bool { return true }
	inner := httptest.NewServer(langshark.ObserveHandler("retrieve", http.HandlerFunc(retrieve), langshark.TrustCaller(trusted)))
	defer inner.Close()

	// The outer service, for users. NewTransport sends the trace along.
	outgoing := &http.Client{Transport: langshark.NewTransport(nil)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ask", func(w http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, inner.URL, nil)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		resp, err := outgoing.Do(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		_, _ = io.Copy(w, resp.Body) // the client may have gone
	})
	outer := httptest.NewServer(langshark.ObserveHandler("", mux, langshark.WithRequestAttributes(userOf)))
	defer outer.Close()

	resp, err := http.Get(outer.URL + "/ask?user=minji")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	fmt.Printf("%s: %s %v\n", resp.Status, answer, err)
	outer.Close() // a handler's observation ends after its answer
	if err := client.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
}

// userOf says whose request it is.
func userOf(r *http.Request) []langshark.TraceOption {
	return []langshark.TraceOption{langshark.WithUser(r.URL.Query().Get("user"))}
}

func retrieve(w http.ResponseWriter, r *http.Request) {
	langshark.RecordEvent(r.Context(), "cache-miss")
	fmt.Fprint(w, "Refunds within 30 days.")
}
