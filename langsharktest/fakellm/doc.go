// Package fakellm is a model provider for tests and demonstrations: an
// [http.Handler] that speaks the wires of the real ones, with bodies, streams,
// usage and errors of the real form, and answers that you decide. It calls nobody.
//
//	provider := fakellm.New(fakellm.WithReplies(
//		fakellm.Reply{ToolCalls: []fakellm.ToolCall{{Name: "order_status", Arguments: `{"id":"A-1"}`}}},
//		fakellm.Reply{Text: "Your parcel arrives tomorrow."},
//	))
//	if err := provider.Start(); err != nil { … }
//	defer provider.Close()
//	config := openai.DefaultConfig("any key")
//	config.BaseURL = provider.BaseURL()
//
// Without replies and responder it repeats what the user said. It never waits,
// unless [WithPause] says how.
//
// # Wires
//
// All wires are served at once; which one answers is decided by the path. The
// same [Reply] drives each of them, and [Request] is filled for each of them, so
// a script is written once.
//
//	wire        client's base URL        paths
//	OpenAI      provider.BaseURL()       chat/completions, completions, responses, embeddings, moderations,
//	                                     images/{generations,edits,variations}, audio/{transcriptions,translations,speech}, models
//	Azure       provider.URL()           /openai/deployments/{name}/…, /openai/responses, /openai/v1/…
//	Anthropic   provider.URL()           /v1/messages, /v1/messages/count_tokens
//	Gemini      provider.URL()           /v1beta/models/{model}:… and /v1/…: generateContent, streamGenerateContent
//	                                     (as events or as a list), embedContent, batchEmbedContents, countTokens
//	Vertex      provider.URL()           /v1/projects/…/publishers/google/models/{model}:… and /v1beta1/…; predict too
//	Ollama      provider.URL()           /api/{chat,generate,embed,embeddings,tags,show}
//
// Hosts that speak chat completions with fields of their own are dialects: see
// [WithDialect].
//
// # Trouble
//
// A [Reply] can also be an error, on each wire with the type and the status that
// this provider would send ([RateLimited] is rate_limit_error there,
// RESOURCE_EXHAUSTED here), an error in the middle of a stream (ErrAfter), a
// connection that breaks (BreakAfter), or a stream that ends without its end
// mark (NoDone).
package fakellm
