package fakellm

import "encoding/json"

// OpenAI's legacy completions.

var completionsEndpoint = &endpoint{
	api: Completions, vendor: openAI, read: readCompletions, answer: answerChat, stream: streamChat, wholeCalls: true,
}

func readCompletions(c *call) *Error {
	var in struct {
		Model         string          `json:"model"`
		Prompt        json.RawMessage `json:"prompt"`
		Stream        bool            `json:"stream"`
		N             int             `json:"n"`
		StreamOptions struct {
			IncludeUsage bool `json:"include_usage"`
		} `json:"stream_options"`
	}
	if e := c.parse(&in); e != nil {
		return e
	}
	prompts := []string{""}
	if in.Prompt != nil {
		var ok bool
		if prompts, ok = texts(in.Prompt); !ok {
			return invalid("prompt", "Invalid 'prompt': a string or an array of strings is expected.")
		}
	}
	if in.Model = c.named(in.Model); in.Model == "" {
		return invalid("model", "you must provide a model parameter")
	}
	if in.N < 0 || in.N > 128 {
		return invalid("n", "Invalid 'n': integer out of range.")
	}
	req := c.req
	req.Model, req.Stream, req.N = in.Model, in.Stream, max(in.N, 1)*len(prompts)
	req.StreamOptions.IncludeUsage = in.StreamOptions.IncludeUsage
	req.say("user", prompts...)
	return nil
}

// textChoice is a choice with a text instead of a message. The model has no
// other way to say something, so that is where a refusal stands.
func textChoice(i int, text string, finish *string) choice {
	return choice{Index: i, Text: &text, FinishReason: finish}
}
