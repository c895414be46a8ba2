package langshark

import (
	"strings"
	"testing"
	"time"

	"github.com/langshark/langshark-go/exporter/memory"
)

func env(pairs ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

func TestEnvironmentIsRead(t *testing.T) {
	c, err := Config{}.fromEnvironment(env(
		"LANGSHARK_PUBLIC_KEY", "pk", "LANGSHARK_SECRET_KEY", " sk ", "LANGSHARK_BASE_URL", "http://h",
		"LANGFUSE_HOST", "http://wrong", "LANGFUSE_TRACING_ENVIRONMENT", "staging", "LANGSHARK_ENVIRONMENT", "prod",
		"LANGFUSE_RELEASE", "r1", "GITHUB_SHA", "sha", "LANGSHARK_SAMPLE_RATE", "0.25", "LANGSHARK_FLUSH_AT", "7",
		"LANGSHARK_FLUSH_INTERVAL", "0.5", "LANGSHARK_MAX_RETRIES", "0", "LANGSHARK_TIMEOUT", "1500ms",
		"LANGSHARK_QUEUE_BYTES", "1000", "LANGSHARK_ENABLED", "true", "LANGSHARK_DEBUG", "1", "LANGSHARK_PROTOCOL", "ingestion",
	))
	if err != nil {
		t.Fatal(err)
	}
	if c.PublicKey != "pk" || c.SecretKey != "sk" || c.Host != "http://h" || c.Environment != "prod" || c.Release != "r1" || *c.SampleRate != 0.25 ||
		c.FlushAt != 7 || c.FlushInterval != 500*time.Millisecond || c.MaxRetries != -1 || c.Timeout != 1500*time.Millisecond ||
		c.QueueBytes != 1000 || !*c.Enabled || !c.Debug || c.Protocol != ProtocolIngestion {
		t.Errorf("%+v", c)
	}
}

func TestKeysAndHostAreOneGroup(t *testing.T) {
	c, err := Config{}.fromEnvironment(env("LANGFUSE_PUBLIC_KEY", "pk", "LANGFUSE_SECRET_KEY", "sk", "LANGFUSE_BASE_URL", "http://lf"))
	if err != nil || c.PublicKey != "pk" || c.Host != "http://lf" {
		t.Errorf("%+v, %v", c, err)
	}
	_, err = Config{}.fromEnvironment(env("LANGSHARK_PUBLIC_KEY", "pk", "LANGFUSE_SECRET_KEY", "sk", "LANGFUSE_HOST", "http://lf"))
	if err == nil || !strings.Contains(err.Error(), "LANGSHARK_SECRET_KEY") || !strings.Contains(err.Error(), "LANGSHARK_HOST") {
		t.Errorf("keys of two servers were mixed: %v", err)
	}
	c, err = Config{Host: "http://code"}.fromEnvironment(env("LANGSHARK_PUBLIC_KEY", "pk", "LANGSHARK_SECRET_KEY", "sk", "LANGSHARK_HOST", "http://env"))
	if err != nil || c.Host != "http://code" || c.PublicKey != "pk" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestConfigErrorsNameTheVariable(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		env  func(string) string
		want string
	}{
		"rate":         {env: env("LANGSHARK_SAMPLE_RATE", "1.5"), want: `LANGSHARK_SAMPLE_RATE: "1.5" is not a number from 0 to 1`},
		"rate NaN":     {env: env("LANGFUSE_SAMPLE_RATE", "NaN"), want: "LANGFUSE_SAMPLE_RATE"},
		"rate field":   {cfg: Config{SampleRate: SampleRate(-1)}, env: env(), want: "SampleRate"},
		"flush at":     {env: env("LANGSHARK_FLUSH_AT", "many"), want: "LANGSHARK_FLUSH_AT"},
		"interval":     {env: env("LANGSHARK_FLUSH_INTERVAL", "-1s"), want: "LANGSHARK_FLUSH_INTERVAL"},
		"timeout":      {env: env("LANGFUSE_TIMEOUT", "0"), want: "LANGFUSE_TIMEOUT"},
		"timeout inf":  {env: env("LANGSHARK_TIMEOUT", "Inf"), want: "LANGSHARK_TIMEOUT"},
		"retries":      {env: env("LANGSHARK_MAX_RETRIES", "-1"), want: "LANGSHARK_MAX_RETRIES"},
		"queue":        {env: env("LANGSHARK_QUEUE_BYTES", "32MB"), want: "LANGSHARK_QUEUE_BYTES"},
		"enabled":      {env: env("LANGSHARK_ENABLED", "maybe"), want: "LANGSHARK_ENABLED"},
		"protocol":     {env: env("LANGSHARK_PROTOCOL", "grpc"), want: "LANGSHARK_PROTOCOL"},
		"environment":  {env: env("LANGSHARK_ENVIRONMENT", "Prod Uction"), want: "LANGSHARK_ENVIRONMENT"},
		"environment2": {cfg: Config{Environment: "langfuse-x"}, env: env(), want: "Environment"},
		"secret":       {env: env("LANGSHARK_PUBLIC_KEY", "pk", "LANGSHARK_HOST", "http://h"), want: "LANGSHARK_SECRET_KEY"},
		"public":       {env: env("LANGSHARK_SECRET_KEY", "sk", "LANGSHARK_HOST", "http://h"), want: "LANGSHARK_PUBLIC_KEY"},
		"host":         {env: env("LANGFUSE_PUBLIC_KEY", "pk", "LANGFUSE_SECRET_KEY", "sk"), want: "LANGFUSE_HOST"},
		"negative":     {cfg: Config{FlushAt: -1}, env: env(), want: "FlushAt"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.cfg.fromEnvironment(c.env)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "langshark: config: ") {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestWhenAClientIsDisabled(t *testing.T) {
	keys := []string{"LANGSHARK_PUBLIC_KEY", "pk", "LANGSHARK_SECRET_KEY", "sk", "LANGSHARK_HOST", "http://h"}
	for name, c := range map[string]struct {
		cfg  Config
		env  []string
		want bool
	}{
		"nothing":             {},
		"a host alone":        {env: keys[4:]},
		"keys":                {env: keys, want: true},
		"switched off":        {env: append(keys, "LANGSHARK_ENABLED", "false")},
		"off with half a key": {env: []string{"LANGSHARK_PUBLIC_KEY", "pk", "LANGSHARK_ENABLED", "0"}},
		"an exporter":         {cfg: Config{Exporter: memory.New()}, want: true},
		"an exporter, off":    {cfg: Config{Exporter: memory.New(), Enabled: Enabled(false)}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := c.cfg.fromEnvironment(env(c.env...))
			if err != nil || cfg.wanted() != c.want {
				t.Errorf("wanted %t, %v", cfg.wanted(), err)
			}
		})
	}
}
