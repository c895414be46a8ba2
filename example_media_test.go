package langshark_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/langshark/langshark-go"
	"github.com/langshark/langshark-go/exporter/memory"
)

// Images, sounds and files are taken out of what is recorded, in the forms that
// APIs of models have for them, and are sent apart.
func Example_media() {
	mem := memory.New()
	client, err := langshark.New(langshark.Config{Exporter: mem, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		log.Fatal(err)
	}
	photo := []byte("\x89PNG\r\n\x1a\n…")

	_, generation := client.StartGeneration(context.Background(), "describe")
	generation.SetInput([]langshark.Message{{Role: "user", Parts: []langshark.Part{
		{Text: "What is broken here?"}, {Media: &langshark.Media{Data: photo}},
	}}})
	generation.End()

	if err := client.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(mem.Observations()[0].Input.RawJSON()))
	for _, m := range mem.Media() {
		fmt.Println(m.ContentType, len(m.Data), "bytes,", m.Field)
	}
	// Output:
	// [{"role":"user","content":[{"type":"text","text":"What is broken here?"},{"type":"image_url","image_url":{"url":"@@@langfuseMedia:type=image/png|id=B7hbNLIXcVs5Tmg4u5jqrF|source=base64_data_uri@@@"}}]}]
	// image/png 11 bytes, input
}
