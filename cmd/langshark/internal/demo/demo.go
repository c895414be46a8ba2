package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sashabaranov/go-openai"

	langshark "github.com/langshark/langshark-go"
	lsopenai "github.com/langshark/langshark-go/integrations/openai"
)

const (
	freePort  = "127.0.0.1:0"
	every     = 4 * time.Second // between two conversations
	onePace   = 0.12            // of a real provider, with Once
	thinking  = 2 * time.Second
	lastWords = 10 * time.Second // to flush and to shut down
)

// Config says what the demo does.
type Config struct {
	// Once plays one round, checks it and returns.
	Once bool
	// Live calls the provider that OPENAI_BASE_URL and OPENAI_API_KEY name instead of the replay, for one round.
	Live bool
	// Addr is where the server listens. Defaults to 127.0.0.1:3000, or a free port if
	// that one is taken, and always a free one with Once.
	Addr string
	// Stdout gets the URL, or with Once the result. Stderr gets the rest.
	Stdout, Stderr io.Writer
	// Getenv reads the environment; it is called with Live only.
	Getenv func(string) string
}

// Run runs the demo until it is done or ctx ends.
func Run(ctx context.Context, cfg Config) (err error) {
	screen := cfg.Stdout
	if cfg.Once {
		screen = cfg.Stderr
	}
	var live *liveProvider
	if cfg.Live {
		if live, err = newLive(cfg.Getenv); err != nil {
			return err
		}
	}
	h, err := startHost(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		if stopErr := h.shutdown(stopCtx); err == nil {
			err = stopErr
		}
	}()
	client, err := langshark.New(langshark.Config{ //nolint:contextcheck // it ends by Shutdown
		Exporter: h.exporter, Prompts: h.prompts, Environment: "demo", Release: "demo-" + langshark.Version, Mask: langshark.MaskFunc(maskCards),
		Enabled: new(true), SampleRate: new(1.0),
	})
	if err != nil {
		return err
	}
	defer func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		defer cancel()
		if stopErr := client.Shutdown(stopCtx); err == nil {
			err = stopErr
		}
	}()

	b, stop, err := newBot(langshark.ContextWithClient(ctx, client), cfg, live)
	if err != nil {
		return err
	}
	defer stop()
	greet(screen, cfg, h, live)
	s := &stage{bot: b}
	if !cfg.Once {
		s.screen = screen
	}
	playCtx := langshark.ContextWithClient(ctx, client)
	switch {
	case live != nil:
		live.announce(screen)
		s.round(playCtx, dialogues[:liveDialogues], 0)
		live.settle(screen, b.used)
	case cfg.Once:
		s.round(playCtx, dialogues, 0)
	default:
		s.round(playCtx, dialogues, thinking)
		s.traffic(playCtx, every)
		return nil
	}
	if ctx.Err() != nil {
		return nil
	}
	if err := report(ctx, cfg, h, client, b.book.finished()); err != nil || cfg.Once {
		return err
	}
	<-ctx.Done()
	return nil
}

// newBot makes the bot, and the provider it talks to.
func newBot(ctx context.Context, cfg Config, live *liveProvider) (_ *bot, stop func(), err error) {
	b := &bot{tools: toolbox(), model: replayModel, fallback: replayFallback, judge: replayJudge, book: &ledger{}, used: &tokens{}}
	var config openai.ClientConfig
	stop = func() {}
	if live != nil {
		config = live.config()
		b.model, b.fallback, b.judge = live.model, "", ""
	} else {
		pace := 1.0
		if cfg.Once {
			pace = onePace
		}
		provider := newReplay(pace)
		if err := provider.Start(); err != nil { //nolint:contextcheck // it ends by Close
			return nil, nil, err
		}
		stop = provider.Close
		config = openai.DefaultConfig("no key is needed")
		config.BaseURL = provider.BaseURL()
		// An own transport, so that a proxy from the environment doesn't get in the way.
		config.HTTPClient = &http.Client{Transport: &http.Transport{}}
	}
	lsopenai.WrapConfig(&config)
	b.client = openai.NewClientWithConfig(config)
	if b.index, err = newIndex(ctx, b.client); err != nil {
		stop()
		return nil, nil, err
	}
	return b, stop, nil
}

func greet(w io.Writer, cfg Config, h *host, live *liveProvider) {
	fmt.Fprintf(w, "LangShark demo: a support bot in Korean and English.\n\n")
	if live == nil {
		fmt.Fprintf(w, "  The model is a built-in replay on loopback: it knows its lines, no key is read, nobody is called.\n")
	}
	if !cfg.Once {
		fmt.Fprintf(w, "  Dashboard: %s\n  Ctrl-C ends it.\n\n", cmp.Or(h.signIn, h.url))
	}
}

// report flushes, compares, and prints the result.
func report(ctx context.Context, cfg Config, h *host, client *langshark.Client, turns []*turn) error {
	flushCtx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	if err := client.Flush(flushCtx); err != nil {
		return err
	}
	r := &reader{base: h.url, publicKey: h.publicKey, secretKey: h.secretKey, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: lastWords}}
	if err := r.verify(ctx, turns); err != nil {
		return fmt.Errorf("what the API tells is not what was done: %w", err)
	}
	s := summarize(turns, client.Stats(), h.url)
	if err := s.check(cfg.Live); err != nil {
		return err
	}
	line, err := json.Marshal(s)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cfg.Stdout, "%s\n", line)
	return err
}
