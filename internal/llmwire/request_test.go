package llmwire

import "testing"

// What the user or the application says was recorded as parameters, to which
// the modes of capture don't apply.
func TestContentIsInput(t *testing.T) {
	for _, tt := range []struct{ host, path, body, want string }{
		{"", "/v1/chat/completions", `{"messages":[],"prediction":{"type":"content","content":"a"},"top_p":1}`, `{"messages":[],"prediction":{"type":"content","content":"a"}}`},
		{"", "/v1/chat/completions", `{"messages":[],"documents":[{"text":"a"}],"chat_template":"b"}`, `{"messages":[],"documents":[{"text":"a"}],"chat_template":"b"}`},
		{"", "/v1/chat/completions", `{"messages":[],"prediction":null,"chat_template":""}`, `[]`},
		{"", "/v1/embeddings", `{"messages":[{"role":"user","content":"a"}]}`, `{"messages":[{"role":"user","content":"a"}]}`},
		{"", "/v1/audio/transcriptions", `{"file":"a","known_speaker_references":["data:audio/wav;base64,aGk="]}`, `{"file":"a","known_speaker_references":["data:audio/wav;base64,aGk="]}`},
		{"", "/api/generate", `{"prompt":"a","template":"b {{ .Prompt }}","context":[1,2],"raw":true}`, `{"prompt":"a","template":"b {{ .Prompt }}","context":[1,2]}`},
		{geminiHost, "/v1beta/models/gemini-embedding-001:embedContent", `{"content":{"parts":[{"text":"a"}]},"title":"b"}`, `{"content":{"parts":[{"text":"a"}]},"title":"b"}`},
	} {
		host := tt.host
		if host == "" {
			host = "localhost:8000"
		}
		req := endpoint(t, host, tt.path).ParseRequest("", []byte(tt.body), false)
		if string(req.Input) != tt.want || len(req.Parameters) > 1 {
			t.Errorf("%s: %s, parameters %v", tt.path, req.Input, req.Parameters)
		}
	}
}
