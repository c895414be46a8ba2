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
// Chat completions, streamed or not, become generations below the observation
// in the context that the method is called with; other endpoints pass
// untouched. The application sees exactly what it would without; see package
// llmhttp for what that means, how streams end and what attempts are.
//
// A stream tells its usage only if StreamOptions.IncludeUsage is set in its
// request; see [WithStreamUsage].
package openai
