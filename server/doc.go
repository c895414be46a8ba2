// Package server is the LangShark server as a library: it collects traces,
// keeps them in an embedded store and shows them on a dashboard.
//
//	srv, err := server.New(server.Config{DataDir: "langshark-data"})
//	if err != nil {
//		return err
//	}
//	if err := srv.Start(ctx); err != nil { // or mount srv.Handler() yourself
//		return err
//	}
//	defer srv.Shutdown(context.Background())
//	fmt.Println("open", srv.SignInURL())
//
//	client, err := langshark.New(langshark.Config{Exporter: srv.Exporter("")})
//
// # Two ways in
//
// Applications in the same process write through [Server.Exporter], without a
// network or a second encoding. All others use the HTTP API below /api/public/
// with the keys of a project. Both return when the data is on disk, and the
// dashboard shows at once what either brings.
//
// # Mounting
//
// [Server.Handler] works below any prefix:
//
//	mux.Handle("/langshark/", http.StripPrefix("/langshark", srv.Handler()))
//
// # Who may look
//
// The pages need a sign-in: a one-time link ([Server.SignInURL]), the host's
// own rule (Config.Authorize), or nothing on loopback (Config.Open). The API
// takes keys only. The build tag noui leaves the dashboard out.
//
// # Operations
//
// The handler has /healthz, /readyz and /metrics too, for load balancers and
// Prometheus. [Server.Ready] and [Server.Collector] are the same for an
// application's own. [Server.Backup] makes a copy while the server goes on.
// Every line of the log about a request has its id, which is in the answer's
// X-Request-Id.
package server
