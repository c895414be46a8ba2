// Package fakellm is a model provider for tests and demonstrations: an
// [http.Handler] that speaks OpenAI's chat completions and embeddings, with
// bodies, streams, usage and errors of the real form, and answers that you
// decide. It calls nobody.
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
package fakellm
