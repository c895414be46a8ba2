package llmwire

import (
	"net/http"
	"strings"

	"github.com/langshark/langshark-go/internal/jsonx"
)

// Detect returns the endpoint that a request to host and path addresses. host
// may have a port.
func Detect(method, host, path string) (Endpoint, bool) {
	if method != http.MethodPost {
		return nil, false
	}
	host = hostname(host)
	for _, detect := range [...]func(host, path string) (Endpoint, bool){detectAnthropic, detectGemini, detectOllama} {
		if e, ok := detect(host, path); ok {
			return e, true
		}
	}
	return detectOpenAI(host, path)
}

func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return strings.ToLower(host)
}

// openAIEndpoints are told by the end of the path, for the many that offer the
// API have it under different beginnings. A plain name could be the end of any
// path: before it must stand a version, or the provider must be known.
var openAIEndpoints = []struct {
	suffix string
	plain  bool
	of     func(provider, deployment string) Endpoint
}{
	{"/chat/completions", false, func(p, d string) Endpoint { return openAIChat{p, d} }},
	{"/completions", true, func(p, d string) Endpoint { return openAICompletion{p, d} }},
	{"/responses", true, func(p, _ string) Endpoint { return openAIResponses{p, "chat"} }},
	{"/responses/compact", false, func(p, _ string) Endpoint { return openAIResponses{p, "compact"} }},
	{"/embeddings", true, func(p, d string) Endpoint { return openAIEmbedding{p, d} }},
	{"/images/generations", false, media("image_generation", &pictureShape, readPictures)},
	{"/images/edits", false, media("image_edit", &pictureShape, readPictures)},
	{"/images/variations", false, media("image_variation", &pictureShape, readPictures)},
	{"/audio/transcriptions", false, media("transcription", &listenShape, readTranscript)},
	{"/audio/translations", false, media("translation", &listenShape, readTranscript)},
	{"/audio/speech", false, media("speech", &speakShape, readSpeech)},
	{"/moderations", true, media("moderation", &moderationShape, readModeration)},
	{"/edits", true, func(p, d string) Endpoint { return openAICompletion{p, d} }},
}

func media(operation string, s *shape, read func(*jsonx.Reader, *Response)) func(string, string) Endpoint {
	return func(provider, deployment string) Endpoint {
		return openAIMedia{provider, deployment, operation, s, read}
	}
}

func detectOpenAI(host, path string) (Endpoint, bool) {
	for i := range openAIEndpoints {
		e := &openAIEndpoints[i]
		prefix, ok := strings.CutSuffix(path, e.suffix)
		if !ok {
			continue
		}
		provider, known := openAICompatible(host)
		if e.plain && !known && !versioned(prefix) {
			return nil, false
		}
		_, deployment, _ := strings.Cut(prefix, "/openai/deployments/") // Azure
		return e.of(provider, deployment), true
	}
	return nil, false
}

// versioned reports whether a path has the beginning of an API: v1, v1beta,
// openai, a deployment of Azure.
func versioned(prefix string) bool {
	if strings.Contains(prefix, "/openai") {
		return true
	}
	last := prefix[strings.LastIndexByte(prefix, '/')+1:]
	return last == "fim" || len(last) >= 2 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9'
}

// openAICompatible names the provider behind an API of OpenAI's form, and says
// whether it knows the host.
func openAICompatible(host string) (provider string, known bool) {
	for _, p := range openAIHosts {
		if name, ok := strings.CutSuffix(host, p.domain); ok && (name == "" || name[len(name)-1] == '.' || p.regions && name[len(name)-1] == '-') {
			return p.provider, true
		}
	}
	return "openai", false
}

// KnownHost reports whether a host, perhaps with a port, is that of a provider.
func KnownHost(host string) bool {
	_, known := openAICompatible(hostname(host))
	return known
}

// openAIHosts are the domains whose provider has a name of its own in the
// GenAI conventions, or is widely used.
var openAIHosts = []struct {
	domain, provider string

	regions bool // may stand before the name, as in europe-west4-
}{
	{"api.openai.com", "openai", false},
	{"openai.azure.com", "azure.ai.openai", false},
	{"cognitiveservices.azure.com", "azure.ai.openai", false},
	{"services.ai.azure.com", "azure.ai.inference", false},
	{"api.deepseek.com", "deepseek", false},
	{"api.groq.com", "groq", false},
	{"api.mistral.ai", "mistral_ai", false},
	{"api.perplexity.ai", "perplexity", false},
	{"api.x.ai", "x_ai", false},
	{"api.upstage.ai", "upstage", false},
	{"generativelanguage.googleapis.com", "gcp.gemini", false},
	{"aiplatform.googleapis.com", "gcp.vertex_ai", true},
	{"api.anthropic.com", "anthropic", false},
	{"openrouter.ai", "openrouter", false},
	{"api.together.xyz", "together_ai", false},
	{"api.fireworks.ai", "fireworks_ai", false},
	{"dashscope.aliyuncs.com", "alibaba_cloud", false},
	{"api.moonshot.cn", "moonshot_ai", false},
	{"api.moonshot.ai", "moonshot_ai", false},
}
