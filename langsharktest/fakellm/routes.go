package fakellm

// route fills the mux: every path of every wire.
func (p *Provider) route() {
	post := func(path string, e *endpoint) { p.mux.HandleFunc("POST "+path, p.serve(e)) }
	for path, e := range map[string]*endpoint{
		"/chat/completions":     chatEndpoint,
		"/completions":          completionsEndpoint,
		"/embeddings":           embeddingsEndpoint,
		"/images/generations":   imagesEndpoint,
		"/images/edits":         imageEditsEndpoint,
		"/images/variations":    imageVariationsEndpoint,
		"/audio/transcriptions": transcriptionsEndpoint,
		"/audio/translations":   translationsEndpoint,
		"/audio/speech":         speechEndpoint,
		"/responses":            responsesEndpoint,
		"/moderations":          moderationsEndpoint,
	} {
		at := e
		if e == chatEndpoint {
			at = e.at(hosts[p.dialect])
		}
		post("/v1"+path, at)
		if e == moderationsEndpoint || e == imageVariationsEndpoint {
			continue // which Azure doesn't have
		}
		e = azureOf(e)
		post("/openai/v1"+path, e)
		if e.api == Responses {
			post("/openai"+path, e)
		} else {
			post("/openai/deployments/{deployment}"+path, e)
		}
	}
	post("/v1/messages", claudeEndpoint)
	post("/v1/messages/count_tokens", claudeCountEndpoint)
	for _, path := range []string{
		"/v1beta/models/{call}", "/v1/models/{call}",
		"/v1/publishers/google/models/{call}", "/v1beta1/publishers/google/models/{call}",
		"/v1/projects/{project}/locations/{location}/publishers/google/models/{call}",
		"/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{call}",
	} {
		p.mux.HandleFunc("POST "+path, p.gemini)
	}
	post("/api/chat", ollamaChatEndpoint)
	post("/api/generate", ollamaGenerateEndpoint)
	post("/api/embed", ollamaEmbedEndpoint)
	post("/api/embeddings", ollamaOlderEndpoint)
	p.mux.HandleFunc("GET /api/tags", p.ollamaTags)
	p.mux.HandleFunc("POST /api/show", p.ollamaShow)
	p.mux.HandleFunc("GET /v1/models", p.models)
	p.mux.HandleFunc("GET /v1/models/{model}", p.model)
	p.mux.HandleFunc("/", p.nowhere)
}
