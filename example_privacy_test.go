package langshark_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
	"github.com/langshark/langshark-go/exporter/otlp"
	"github.com/langshark/langshark-go/mask"
)

// The detectors of package mask find personal data and secrets in everything
// that is recorded.
func Example_privacy() {
	mem := memory.New()
	config := langshark.Config{Exporter: mem, Logger: slog.New(slog.DiscardHandler)}

	detectors, err := mask.New(mask.Config{Mode: mask.ModePartial})
	if err != nil {
		log.Fatal(err)
	}
	config.Mask = detectors

	client, err := langshark.New(config)
	if err != nil {
		log.Fatal(err)
	}
	_, span := client.StartSpan(context.Background(), "order")
	span.SetInput("010-1234-5678로 연락 주세요, kim@example.com")
	span.End()
	_, span = client.StartSpan(context.Background(), "login", langshark.WithCapture(langshark.CaptureNone))
	span.SetInput("not recorded at all")
	span.End()
	if err := client.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, o := range mem.Observations() {
		text, _ := o.Input.AsText()
		fmt.Printf("%s: %q\n", o.Name, text)
	}
	// Output:
	// order: "010-****-5678로 연락 주세요, k***@example.com"
	// login: ""
}

// Spans go to any backend of OpenTelemetry.
func Example_openTelemetry() {
	spans, err := otlp.New(otlp.Config{Endpoint: "http://collector:4318"})
	if err != nil {
		log.Fatal(err)
	}
	client, err := langshark.New(langshark.Config{Exporter: spans})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Shutdown(context.Background())
	fmt.Println(client.Enabled())
	// Output: true
}
