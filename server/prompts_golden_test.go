package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/internal/testkit"
	"github.com/langshark/langshark-go/server"
)

const hubArchive = "testdata/prompt_hub.txtar"

var (
	hubID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	hubTime   = regexp.MustCompile(`"20\d\d-\d\d-\d\dT[0-9:.]+Z"`)
	hubRandom = regexp.MustCompile(`("secret"|"cursor"): "[^"]+"`)
)

// TestPromptHubGolden plays the requests of the archive, each the first line of its file with its body
// below, and compares the answers that follow. Ids are named by their order, times and what is random left out.
// LANGSHARK_UPDATE=1 writes the answers.
func TestPromptHubGolden(t *testing.T) {
	text, err := os.ReadFile(hubArchive)
	if err != nil {
		t.Fatal(err)
	}
	c := serve(t, newServer(t, server.Config{}), "")
	ids := map[string]string{}
	for _, f := range testkit.ParseArchive(string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))).Files {
		request, _, _ := strings.Cut(f.Data, "\n\n")
		line, sent, _ := strings.Cut(request, "\n")
		method, path, _ := strings.Cut(line, " ")
		var body any
		if sent != "" {
			body = sent
		}
		status, answer, _ := c.do(t, method, "/api/public/"+path, body)
		testkit.Golden(t, os.Getenv("LANGSHARK_UPDATE") != "", hubArchive, f.Name, request+"\n\n"+fmt.Sprintln(status, http.StatusText(status))+normalHub(t, strings.ReplaceAll(answer, c.public, "<key>"), ids))
	}
}

// normalHub is an answer, indented, with nothing in it that differs from run to run.
func normalHub(t *testing.T, answer string, ids map[string]string) string {
	t.Helper()
	if answer == "" {
		return ""
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(answer), "", " "); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	text := hubID.ReplaceAllStringFunc(b.String(), func(id string) string {
		if ids[id] == "" {
			ids[id] = fmt.Sprintf("<id %d>", len(ids)+1)
		}
		return ids[id]
	})
	text = hubTime.ReplaceAllString(text, `"<time>"`)
	return hubRandom.ReplaceAllString(text, `$1: "<random>"`)
}
