package fakellm

// The shapes of chat completions, as OpenAI has them in 2026-11.

type completion struct {
	ID                string   `json:"id"`
	Object            string   `json:"object"`
	Created           int64    `json:"created"`
	Model             string   `json:"model"`
	Choices           []choice `json:"choices"`
	Usage             *usage   `json:"usage"`
	ServiceTier       string   `json:"service_tier,omitempty"`
	SystemFingerprint string   `json:"system_fingerprint,omitempty"`
}

type choice struct {
	Index        int      `json:"index"`
	Message      *message `json:"message,omitempty"`
	Delta        *delta   `json:"delta,omitempty"`
	Text         *string  `json:"text,omitempty"` // of legacy completions
	Logprobs     any      `json:"logprobs"`
	FinishReason *string  `json:"finish_reason"`
}

type message struct {
	Role             string     `json:"role"`
	Content          *string    `json:"content"`
	ReasoningContent string     `json:"reasoning_content,omitempty"`
	ToolCalls        []toolCall `json:"tool_calls,omitempty"`
	Refusal          *string    `json:"refusal"`
	Annotations      []any      `json:"annotations"`
}

type toolCall struct {
	Index    *int   `json:"index,omitempty"`
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name      string `json:"name,omitempty"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

type usage struct {
	PromptTokens        int64 `json:"prompt_tokens"`
	CompletionTokens    int64 `json:"completion_tokens"`
	TotalTokens         int64 `json:"total_tokens"`
	PromptTokensDetails struct {
		CachedTokens int64 `json:"cached_tokens"`
		AudioTokens  int64 `json:"audio_tokens"`
	} `json:"prompt_tokens_details"`
	CompletionTokensDetails struct {
		ReasoningTokens          int64 `json:"reasoning_tokens"`
		AudioTokens              int64 `json:"audio_tokens"`
		AcceptedPredictionTokens int64 `json:"accepted_prediction_tokens"`
		RejectedPredictionTokens int64 `json:"rejected_prediction_tokens"`
	} `json:"completion_tokens_details"`
}

var chatEndpoint = &endpoint{
	api: ChatCompletions, vendor: openAI, read: readChat, answer: answerChat, stream: streamChat,
}

// readChat reads and checks a request as the provider does.
func readChat(c *call) *Error {
	if e := c.parse(c.req); e != nil {
		return e
	}
	c.req.Model = c.named(c.req.Model)
	switch req := c.req; {
	case req.Model == "":
		return invalid("model", "you must provide a model parameter")
	case len(req.Messages) == 0:
		return invalid("messages", "Missing required parameter: 'messages'.")
	case req.N < 0 || req.N > 128:
		return invalid("n", "Invalid 'n': integer out of range.")
	}
	return nil
}

func answerChat(c *call) (string, []byte) {
	body := c.completion(false)
	body.Usage = openAIUsage(c.usage())
	for i := range c.replies {
		r := &c.replies[i]
		one := choice{Index: i, Message: r.message(), FinishReason: &r.FinishReason}
		if c.api == Completions {
			one = textChoice(i, r.Text+r.Refusal, &r.FinishReason)
		}
		body.Choices = append(body.Choices, one)
	}
	return "application/json", indented(c.dress(body, true))
}

// completion makes what an answer and its chunks have in common, of chat and of
// legacy completions.
func (c *call) completion(chunk bool) *completion {
	out := &completion{Created: c.p.now().Unix(), Model: c.model(), Choices: []choice{}}
	if c.api == Completions {
		out.ID, out.Object = c.id("cmpl-"), "text_completion"
		return out
	}
	out.ID, out.Object = c.id("chatcmpl-"), "chat.completion"
	if chunk {
		out.Object = "chat.completion.chunk"
	}
	out.ServiceTier, out.SystemFingerprint = "default", "fp_fake0c0ffee"
	return out
}

// message is the reply in an answer in one piece.
func (r *Reply) message() *message {
	m := &message{Role: "assistant", ReasoningContent: r.Reasoning, Annotations: []any{}}
	if r.Text != "" || len(r.ToolCalls) == 0 && r.Refusal == "" {
		m.Content = &r.Text
	}
	if r.Refusal != "" {
		m.Refusal = &r.Refusal
	}
	for _, c := range r.ToolCalls {
		t := toolCall{ID: c.ID, Type: "function"}
		t.Function.Name, t.Function.Arguments = c.Name, c.Arguments
		m.ToolCalls = append(m.ToolCalls, t)
	}
	return m
}

// openAIUsage is the usage as chat completions and their kin have it.
func openAIUsage(from Usage) *usage {
	u := &usage{PromptTokens: from.PromptTokens, CompletionTokens: from.CompletionTokens, TotalTokens: from.PromptTokens + from.CompletionTokens}
	u.PromptTokensDetails.CachedTokens = from.CachedTokens
	u.CompletionTokensDetails.ReasoningTokens = from.ReasoningTokens
	return u
}
