package llmwire

import (
	"net/http"
	"strings"
)

// Detect returns the endpoint that a request to host and path addresses. host
// may have a port.
func Detect(method, host, path string) (Endpoint, bool) {
	if method != http.MethodPost {
		return nil, false
	}
	host = hostname(host)
	for i := range openAIEndpoints {
		e := &openAIEndpoints[i]
		prefix, ok := strings.CutSuffix(path, e.suffix)
		if !ok {
			continue
		}
		_, deployment, _ := strings.Cut(prefix, "/openai/deployments/") // Azure
		return e.of(openAICompatible(host), deployment), true
	}
	return nil, false
}

func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return strings.ToLower(host)
}

// openAIEndpoints are told by the end of the path, for the many that offer the
// API have it under different beginnings.
var openAIEndpoints = []struct {
	suffix string
	of     func(provider, deployment string) Endpoint
}{
	{"/chat/completions", func(p, d string) Endpoint { return openAIChat{p, d} }},
}

// openAICompatible names the provider behind an API of OpenAI's form.
func openAICompatible(host string) string {
	for _, p := range openAIHosts {
		if name, ok := strings.CutSuffix(host, p.domain); ok && (name == "" || name[len(name)-1] == '.') {
			return p.provider
		}
	}
	return "openai"
}

// openAIHosts are the domains whose provider has a name of its own in the
// GenAI conventions, or is widely used.
var openAIHosts = []struct{ domain, provider string }{
	{"openai.azure.com", "azure.ai.openai"},
	{"cognitiveservices.azure.com", "azure.ai.openai"},
	{"services.ai.azure.com", "azure.ai.inference"},
	{"api.deepseek.com", "deepseek"},
	{"api.groq.com", "groq"},
	{"api.mistral.ai", "mistral_ai"},
	{"api.perplexity.ai", "perplexity"},
	{"api.x.ai", "x_ai"},
	{"api.upstage.ai", "upstage"},
	{"generativelanguage.googleapis.com", "gcp.gemini"},
	{"aiplatform.googleapis.com", "gcp.vertex_ai"},
	{"api.anthropic.com", "anthropic"},
	{"openrouter.ai", "openrouter"},
	{"api.together.xyz", "together_ai"},
	{"api.fireworks.ai", "fireworks_ai"},
	{"dashscope.aliyuncs.com", "alibaba_cloud"},
	{"api.moonshot.cn", "moonshot_ai"},
	{"api.moonshot.ai", "moonshot_ai"},
}
