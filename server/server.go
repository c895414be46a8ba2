package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/langshark/langshark-go/server/auth"
	"github.com/langshark/langshark-go/server/catalog"
	"github.com/langshark/langshark-go/server/ingest"
	"github.com/langshark/langshark-go/server/media"
	"github.com/langshark/langshark-go/server/pricing"
	"github.com/langshark/langshark-go/server/query"
	"github.com/langshark/langshark-go/server/store"
	"github.com/langshark/langshark-go/server/store/sqlite"
	"github.com/langshark/langshark-go/server/webhook"
)

// fileName is the file of the data within its folder.
const fileName = "langshark.db"

// Server collects, keeps and shows traces. Make one with [New], end it with
// Shutdown. Its methods are safe for concurrent use.
type Server struct {
	cfg     Config
	store   store.Store
	reader  *query.Reader
	ingest  *ingest.Ingester
	catalog *catalog.Catalog
	media   *media.Files
	prices  *pricing.Pricer
	keys    *auth.Keys
	signIn  *auth.SignIn
	guard   *webhook.Guard
	sender  *webhook.Sender // nil without housekeeping
	metrics *metrics
	handler http.Handler
	tls     *tls.Config // nil without
	temp    string      // folder to remove
	release func()      // gives the lock of the folder back; nil without

	stopping atomic.Bool // set by Shutdown

	mu        sync.Mutex
	listener  net.Listener
	http      *http.Server
	served    chan struct{} // closed when the HTTP server has ended
	newcomers newcomers
	cancel    context.CancelFunc

	shutdown sync.Once
	result   error
}

// New opens the store and makes the project [DefaultProject] if there is none.
// [ErrInUse] says that another server uses the folder.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg}
	if s.guard, err = webhook.NewGuard(cfg.WebhookAllow); err != nil {
		return nil, err
	}
	if s.tls, err = tlsConfig(&cfg); err != nil {
		return nil, err
	}
	dir := cfg.DataDir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "langshark-"); err != nil {
			return nil, fmt.Errorf("langshark: temporary folder: %w", err)
		}
		s.temp = dir
	} else if !cfg.ReadOnly {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("langshark: data folder: %w", err)
		}
		if !cfg.NoHousekeeping {
			if err := s.lock(dir); err != nil {
				return nil, err
			}
		}
	}
	if err := s.open(context.Background(), dir); err != nil {
		s.unlock()
		return nil, errors.Join(err, s.removeTemp())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context, dir string) error {
	path, err := filepath.Abs(filepath.Join(dir, fileName))
	if err != nil {
		return fmt.Errorf("langshark: data folder: %w", err)
	}
	s.prices = pricing.New(pricing.Config{File: filepath.Join(dir, pricing.FileName), Logger: s.cfg.Logger})
	if !s.cfg.ReadOnly && !s.cfg.NoHousekeeping { // who is there for one thing alone is asked when it prices something
		if err := s.prices.Check(); err != nil {
			return err
		}
	}
	opts := sqlite.Options{Pricer: s.prices, MaxPending: s.cfg.MaxPendingWrites, Ephemeral: s.temp != "", NoHousekeeping: s.cfg.NoHousekeeping, ReadOnly: s.cfg.ReadOnly, Logger: s.cfg.Logger}
	if s.cfg.NoHousekeeping && s.temp == "" {
		opts.BeforeMigration = beforeMigration(dir)
		opts.Beside = inUse(dir)
	}
	s.store, err = sqlite.Open(ctx, path, opts)
	if err != nil {
		return err
	}
	s.prices.Read(s.store)
	if s.cfg.wrapStore != nil {
		s.store = s.cfg.wrapStore(s.store)
	}
	if !s.cfg.ReadOnly {
		if err := s.firstProject(ctx); err != nil {
			return errors.Join(err, s.store.Close())
		}
	}
	s.reader = query.New(s.store)
	s.ingest = ingest.New(s.store, s.cfg.Logger)
	s.catalog = catalog.New(s.store)
	s.catalog.CheckWebhooksBy(s.guard.CheckURL)
	s.ingest.CheckScoresBy(s.catalog)
	if s.media, err = s.openMedia(dir); err != nil { //nolint:contextcheck // housekeeping outlives the call
		s.reader.Close()
		return errors.Join(err, s.store.Close())
	}
	s.keys = auth.NewKeys(s.store)
	s.signIn = auth.NewSignIn(path, nil)
	if u, err := url.Parse(s.cfg.PublicURL); err == nil {
		s.signIn.Secure, s.signIn.Path = u.Scheme == "https", u.EscapedPath()
	}
	if s.metrics, err = newMetrics(s); err != nil {
		s.reader.Close()
		s.media.Close()
		return errors.Join(err, s.store.Close())
	}
	if !s.cfg.NoHousekeeping {
		s.sender = webhook.Start(webhook.Config{Outbox: s.catalog.Outbox(), Client: s.guard.Client(), Logger: s.cfg.Logger, UserAgent: "LangShark/" + Version})
		s.catalog.WakeBy(s.sender.Wake)
	}
	s.handler = s.routes()
	return nil
}

// firstProject makes one if there is none.
func (s *Server) firstProject(ctx context.Context) error {
	projects, err := s.store.Projects(ctx)
	if err != nil || len(projects) > 0 {
		return err
	}
	err = s.store.CreateProject(ctx, store.Project{ID: DefaultProject, Name: DefaultProject, CreatedAt: time.Now()})
	if errors.Is(err, store.ErrExists) { // another process was faster
		return nil
	}
	return err
}

// Handler serves the API below /api/, what operators ask at /healthz, /readyz and
// /metrics, and the dashboard elsewhere. It works below any prefix, behind
// [http.StripPrefix].
func (s *Server) Handler() http.Handler { return s.handler }

// Start listens on Config.Addr and serves in the background, by HTTPS if Config
// has a certificate. It returns once connections are accepted. Values of ctx reach the handlers; its end does not
// stop the server, Shutdown does.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return errors.New("langshark: server has been started already")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("langshark: %w", err)
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnState:         s.newcomers.see,
		ErrorLog:          log.New(serverLog{s.cfg.Logger}, "", 0),
		TLSConfig:         s.tls,
	}
	serve := server.Serve
	if s.tls != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	served := make(chan struct{})
	s.listener, s.http, s.cancel, s.served = listener, server, cancel, served
	go func() {
		defer close(served)
		if err := serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.cfg.Logger.Error("langshark: server ended", "error", err)
		}
	}()
	return nil
}

// URL is the address of the dashboard: Config.PublicURL, else where the server
// listens, else empty.
func (s *Server) URL() string {
	if s.cfg.PublicURL != "" {
		return s.cfg.PublicURL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	scheme := "http://"
	if s.tls != nil {
		scheme = "https://"
	}
	addr, ok := s.listener.Addr().(*net.TCPAddr)
	if !ok {
		return scheme + s.listener.Addr().String()
	}
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("%slocalhost:%d", scheme, addr.Port)
	}
	return scheme + addr.String()
}

// Addr is the address the server listens on, as host:port; empty before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// SignInURL makes a link that signs one person in, once. It begins with URL,
// which is empty for a handler without Config.PublicURL: put the address where
// it is mounted in front.
func (s *Server) SignInURL() string {
	return s.URL() + "/?token=" + s.signIn.NewToken()
}

// Shutdown makes /readyz say no, serves on for Config.Drain, stops listening,
// waits for requests until ctx ends, commits what waits and closes the store. It
// is idempotent. Requests that take longer are cut off, which the log says.
// Shut clients that export to the server down before.
func (s *Server) Shutdown(ctx context.Context) error {
	s.shutdown.Do(func() {
		s.mu.Lock()
		server, cancel, served := s.http, s.cancel, s.served
		s.mu.Unlock()
		s.stopping.Store(true)
		if server != nil {
			drain(ctx, s.cfg.Drain)
		}
		s.reader.Close() // ends the live pages, which would be waited for
		s.catalog.Close()
		var errs []error
		if server != nil {
			err := s.shutdownHTTP(ctx, server)
			cancel()
			if err != nil {
				s.cfg.Logger.WarnContext(ctx, "langshark: requests cut off at shutdown", "error", err)
				errs = append(errs, server.Close())
			}
			<-served
		}
		if s.sender != nil {
			s.sender.Close()
		}
		s.media.Close()
		errs = append(errs, s.store.Close(), s.removeTemp())
		s.unlock()
		s.result = errors.Join(errs...)
	})
	return s.result
}

// shutdownHTTP waits for requests until ctx ends, but not long for connections on which none comes.
func (s *Server) shutdownHTTP(ctx context.Context, server *http.Server) error {
	waiting, done := context.WithCancel(ctx)
	quiet := make(chan struct{})
	go func() {
		defer close(quiet)
		s.newcomers.close(waiting, silence)
	}()
	err := server.Shutdown(ctx)
	done()
	<-quiet
	return err
}

// drain waits for d, or until ctx ends.
func drain(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// serverLog takes the lines that [http.Server] logs.
type serverLog struct{ log *slog.Logger }

// Write implements [io.Writer].
func (l serverLog) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	level := slog.LevelWarn
	if strings.Contains(text, "TLS handshake error") { // whatever knocks at the port, checks of load balancers among them
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, "langshark: "+text)
	return len(line), nil
}

func (s *Server) removeTemp() error {
	if s.temp == "" {
		return nil
	}
	return os.RemoveAll(s.temp)
}
