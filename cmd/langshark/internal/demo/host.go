package demo

import (
	"context"
	"errors"
	"log/slog"

	langshark "github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/server"
)

// host is the embedded server.
type host struct {
	url, signIn          string
	publicKey, secretKey string
	exporter             exporter.Exporter
	prompts              langshark.PromptSource
	shutdown             func(context.Context) error
}

// startHost starts a server whose data goes with it.
func startHost(ctx context.Context, cfg Config) (*host, error) {
	addr := cfg.Addr
	switch {
	case addr != "":
	case cfg.Once:
		addr = freePort
	default:
		addr = server.DefaultAddr
	}
	srv, err := serve(ctx, cfg, addr)
	if err != nil && addr == server.DefaultAddr && cfg.Addr == "" { // it is taken, most likely
		srv, err = serve(ctx, cfg, freePort)
	}
	if err != nil {
		return nil, err
	}
	project, err := srv.AddKey(ctx, "")
	if err != nil {
		return nil, errors.Join(err, srv.Shutdown(ctx))
	}
	h := &host{
		url: srv.URL(), signIn: srv.SignInURL(), publicKey: project.PublicKey, secretKey: project.SecretKey,
		exporter: srv.Exporter(project.ID), //nolint:contextcheck // its calls have contexts of their own
		prompts:  srv.Prompts(project.ID),  //nolint:contextcheck // its calls have contexts of their own
		shutdown: srv.Shutdown,
	}
	if err := h.fill(ctx); err != nil {
		return nil, errors.Join(err, srv.Shutdown(ctx))
	}
	return h, nil
}

func serve(ctx context.Context, cfg Config, addr string) (*server.Server, error) {
	logger := slog.New(slog.NewTextHandler(cfg.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	srv, err := server.New(server.Config{Addr: addr, Logger: logger}) //nolint:contextcheck // it ends by Shutdown
	if err != nil {
		return nil, err
	}
	if err := srv.Start(ctx); err != nil {
		return nil, errors.Join(err, srv.Shutdown(ctx))
	}
	return srv, nil
}
