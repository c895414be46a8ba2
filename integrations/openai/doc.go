// Package openai records the calls of github.com/sashabaranov/go-openai.
//
//	import (
//		"github.com/sashabaranov/go-openai"
//
//		lsopenai "github.com/langshark/langshark-go/integrations/openai"
//	)
//
//	config := openai.DefaultConfig(key)
//	lsopenai.WrapConfig(&config)
//	client := openai.NewClientWithConfig(config)
//
// Every endpoint of the library is recorded below the observation in the context
// that the method is called with:
//
//   - chat and text completions and the Responses API, streamed or not, images,
//     audio and moderations are generations;
//   - embeddings are embeddings, with their number and dimensions;
//   - all that asks no model (files, batches, fine-tuning, assistants, threads,
//     vector stores, models) is a span, if there is a trace it belongs to.
//
// The application sees exactly what it would without; see package llmhttp for
// what that means, how streams end and what attempts are.
//
// # Tools
//
// A call of a function that the model asks for becomes an observation of kind
// tool when its result is sent back, with the id of the generation that asked.
// It lasts from the answer to the next request, for nothing else is known. To
// see how long the function takes, and what it does, record it by [StartTool], or
// by langshark.Observe with WithKind(KindTool) and the function's name; then it
// is not made up.
//
// # Streams
//
// A stream of a chat tells its usage only if StreamOptions.IncludeUsage is set in
// its request; see [WithStreamUsage].
package openai
