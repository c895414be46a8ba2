package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/server"
)

// An application that carries its own server: it traces in process, mounts the
// dashboard below a prefix, and reads a trace back over HTTP.
func Example() {
	ctx := context.Background()
	srv, err := server.New(server.Config{}) // DataDir keeps the data
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Shutdown(ctx)
	mux := http.NewServeMux()
	mux.Handle("/langshark/", http.StripPrefix("/langshark", srv.Handler()))
	app := httptest.NewServer(mux)
	defer app.Close()

	client, err := langshark.New(langshark.Config{Exporter: srv.Exporter("")})
	if err != nil {
		log.Fatal(err)
	}
	ctx, trace := client.StartTrace(ctx, "greet", langshark.WithUser("kim"))
	_, span := langshark.StartSpan(ctx, "say hello")
	span.SetOutput("안녕하세요")
	span.End()
	trace.End()
	if err := client.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}

	key, err := srv.AddKey(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, app.URL+"/langshark/api/public/traces/"+trace.ID(), nil)
	if err != nil {
		log.Fatal(err)
	}
	request.SetBasicAuth(key.PublicKey, key.SecretKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	var read struct {
		Name         string
		UserID       string
		Observations []struct{ Name, Output string }
	}
	if err := json.NewDecoder(response.Body).Decode(&read); err != nil {
		log.Fatal(err)
	}
	fmt.Println(read.Name, read.UserID)
	for _, o := range read.Observations {
		fmt.Printf("- %s: %q\n", o.Name, o.Output)
	}
	// Output:
	// greet kim
	// - greet: ""
	// - say hello: "안녕하세요"
}
