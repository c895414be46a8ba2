package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/langshark/langshark-go/server/internal/chat"
)

func ref(kind, id string) string {
	return "@@@langfuseMedia:type=" + kind + "|id=" + id + "|source=base64_data_uri@@@"
}

// TestReferences are found in texts and in the parts that APIs have for files.
func TestReferences(t *testing.T) {
	png, wav, pdf := ref("image/png", "i-1"), ref("audio/wav", "a_2"), ref("application/pdf", "f3")
	for name, c := range map[string]struct{ payload, want string }{
		"a text":                  {`"look: ` + png + ` and ` + wav + `"`, "text look: |image image/png i-1|text  and |audio audio/wav a_2"},
		"nothing else":            {`"` + png + `"`, "image image/png i-1"},
		"a message":               {`[{"role":"user","content":"` + pdf + `"}]`, "file application/pdf f3"},
		"OpenAI's image":          {`[{"role":"user","content":[{"type":"image_url","image_url":{"url":"` + png + `"}}]}]`, "image image/png i-1"},
		"OpenAI's audio":          {`[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"` + wav + `","format":"wav"}}]}]`, "audio audio/wav a_2"},
		"Anthropic's document":    {`[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"` + pdf + `"}}]}]`, "file application/pdf f3"},
		"Gemini's inline data":    {`[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"` + png + `"}}]}]`, "image image/png i-1"},
		"Vertex's media":          {`[{"role":"user","content":[{"type":"media","mime_type":"image/png","data":"` + png + `"}]}]`, "image image/png i-1"},
		"one that isn't":          {`"@@@langfuseMedia:type=image/png|id=../../x|source=bytes@@@"`, "text @@@langfuseMedia:type=image/png|id=../../x|source=bytes@@@"},
		"a type that breaks out":  {`"@@@langfuseMedia:type=image/png\" onerror=x|id=a|source=bytes@@@"`, "text @@@langfuseMedia:type=image/png\" onerror=x|id=a|source=bytes@@@"},
		"an address of a picture": {`[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x.test/` + png + `"}}]}]`, "image https://x.test/" + png + " "},
	} {
		parsed, ok := chat.Parse([]byte(c.payload), chat.User)
		if !ok {
			t.Errorf("%s: not parsed", name)
			continue
		}
		var got []string
		for _, p := range parsed.Messages[0].Parts {
			kind := map[chat.PartKind]string{chat.Text: "text", chat.Image: "image", chat.Audio: "audio", chat.File: "file"}[p.Kind]
			text := fmt.Sprintf("%s %s", kind, p.Text)
			if kind != "text" {
				text += " " + p.Media
			}
			got = append(got, text)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s:\n%q, want\n%q", name, strings.Join(got, "|"), c.want)
		}
	}
	if list := chat.References(`{"a":"` + png + `","b":["` + wav + `","` + png + `"]}`); len(list) != 2 || list[0].ID != "i-1" || list[1].Type != "audio/wav" {
		t.Errorf("%v", list)
	}
	if list := chat.References("no files"); list != nil {
		t.Errorf("%v", list)
	}
}

// FuzzReferences finds nothing that could leave an address or an attribute.
func FuzzReferences(f *testing.F) {
	f.Add(ref("image/png", "abc"))
	f.Add("x" + ref("a/b", "../..") + ref("image/svg+xml", "%2e"))
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range chat.References(s) {
			if strings.ContainsAny(r.ID, "./\\%\"'<> ") || strings.ContainsAny(r.Type, "\"'<> |\\") || !strings.Contains(s, r.ID) {
				t.Errorf("%+v", r)
			}
		}
		if c, ok := chat.Parse([]byte(s), chat.User); ok && len(c.Messages) == 0 {
			t.Errorf("%q is a conversation of nothing", s)
		}
	})
}
