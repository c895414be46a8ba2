// Embedded-dashboard is an application with LangShark inside: it records
// itself, keeps the traces and shows them, in one process.
//
//	go run ./examples/embedded-dashboard
//
// It serves an application at / and the dashboard at /langshark/ until Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/server"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr string) (err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	mount := "http://" + listener.Addr().String() + "/langshark"
	// Without a DataDir the traces are gone with the process.
	srv, err := server.New(server.Config{PublicURL: mount})
	if err != nil {
		return err
	}
	// The client hands its records over by a function call: no network, no keys.
	client, err := langshark.New(langshark.Config{Exporter: srv.Exporter("")})
	if err != nil {
		return err
	}
	defer func() { // the client first, for it writes to the server
		done := context.WithoutCancel(ctx)
		err = errors.Join(err, client.Shutdown(done), srv.Shutdown(done))
	}()
	langshark.SetDefault(client)

	mux := http.NewServeMux()
	mux.Handle("/", langshark.ObserveHandler("ask", http.HandlerFunc(answer)))
	mux.Handle("/langshark/", http.StripPrefix("/langshark", srv.Handler()))
	app := &http.Server{Handler: mux}
	go app.Serve(listener) //nolint:errcheck // ends by Close
	defer app.Close()      //nolint:errcheck // the process ends

	fmt.Printf("Ask at http://%s/?q=refund\nDashboard: %s\n", listener.Addr(), srv.SignInURL())
	<-ctx.Done()
	return nil
}

func answer(w http.ResponseWriter, r *http.Request) {
	langshark.UpdateTrace(r.Context(), langshark.WithInput(r.FormValue("q")), langshark.WithTraceName("question"))
	fmt.Fprintf(w, "All about %q: see the help center.\nThis answer's trace: %s\n", r.FormValue("q"), langshark.TraceURL(r.Context()))
}
