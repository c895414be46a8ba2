package fakellm

// route fills the mux: every path of every wire.
func (p *Provider) route() {
	post := func(path string, e *endpoint) { p.mux.HandleFunc("POST "+path, p.serve(e)) }
	post("/v1/chat/completions", chatEndpoint)
	post("/v1/embeddings", embeddingsEndpoint)
	post("/v1/responses", responsesEndpoint)
	post("/v1/messages", claudeEndpoint)
	post("/v1/messages/count_tokens", claudeCountEndpoint)
	p.mux.HandleFunc("GET /v1/models", p.models)
	p.mux.HandleFunc("GET /v1/models/{model}", p.model)
	p.mux.HandleFunc("/", p.nowhere)
}
