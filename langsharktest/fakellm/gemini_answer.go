package fakellm

import (
	"encoding/json"
	"fmt"
	"time"
)

var geminiEndpoint = &endpoint{
	api: GeminiContent, vendor: gemini, read: readGemini, answer: answerGemini, stream: streamGemini, broken: breakGemini, wholeCalls: true,
}

var geminiCountEndpoint = &endpoint{
	api: GeminiCount, vendor: gemini,
	read: func(c *call) *Error {
		var in struct {
			Inner json.RawMessage `json:"generateContentRequest"`
		}
		if json.Unmarshal(c.req.Body, &in) == nil && in.Inner != nil {
			outer := c.req.Body
			c.req.Body = in.Inner
			defer func() { c.req.Body = outer }()
		}
		return readGemini(c)
	},
	answer: func(c *call) (string, []byte) {
		n := c.req.tokens()
		if u := c.replies[0].Usage; u != nil {
			n = u.PromptTokens
		}
		return geminiJSON, append(indented(map[string]any{"totalTokens": n, "promptTokensDetails": []tokensOf{{"TEXT", n}}}), '\n')
	},
}

const geminiJSON = "application/json; charset=UTF-8"

type geminiAnswer struct {
	Candidates   []geminiCandidate `json:"candidates,omitempty"`
	Feedback     *geminiFeedback   `json:"promptFeedback,omitempty"`
	Usage        geminiUsage       `json:"usageMetadata"`
	ModelVersion string            `json:"modelVersion"`
	CreateTime   string            `json:"createTime,omitempty"`
	ResponseID   string            `json:"responseId"`
}

type geminiCandidate struct {
	Content       *geminiParts   `json:"content,omitempty"`
	FinishReason  string         `json:"finishReason,omitempty"`
	FinishMessage string         `json:"finishMessage,omitempty"`
	Index         int            `json:"index"`
	SafetyRatings []geminiRating `json:"safetyRatings,omitempty"`
}

type geminiParts struct {
	Parts []geminiPart `json:"parts,omitempty"`
	Role  string       `json:"role"`
}

type geminiPart struct {
	Text      *string     `json:"text,omitempty"`
	Thought   bool        `json:"thought,omitempty"`
	Call      *geminiCall `json:"functionCall,omitempty"`
	Signature string      `json:"thoughtSignature,omitempty"`
}

type geminiCall struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

type geminiFeedback struct {
	BlockReason string         `json:"blockReason"`
	Message     string         `json:"blockReasonMessage,omitempty"`
	Ratings     []geminiRating `json:"safetyRatings,omitempty"`
}

type geminiRating struct {
	Category    string `json:"category"`
	Probability string `json:"probability"`
	Blocked     bool   `json:"blocked,omitempty"`
}

type geminiUsage struct {
	Prompt          int64      `json:"promptTokenCount"`
	Cached          int64      `json:"cachedContentTokenCount,omitempty"`
	Candidates      int64      `json:"candidatesTokenCount,omitempty"`
	Total           int64      `json:"totalTokenCount"`
	TrafficType     string     `json:"trafficType,omitempty"`
	PromptDetails   []tokensOf `json:"promptTokensDetails"`
	Thoughts        int64      `json:"thoughtsTokenCount,omitempty"`
	CacheDetails    []tokensOf `json:"cacheTokensDetails,omitempty"`
	CandidateDetail []tokensOf `json:"candidatesTokensDetails,omitempty"`
}

type tokensOf struct {
	Modality   string `json:"modality"`
	TokenCount int64  `json:"tokenCount"`
}

var geminiReasons = map[string]string{"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}

// unsafe is what is found in what the model doesn't say.
var unsafe = []geminiRating{{"HARM_CATEGORY_DANGEROUS_CONTENT", "HIGH", true}}

// geminiAnswer is an answer with these candidates.
func (c *call) geminiAnswer(candidates ...geminiCandidate) geminiAnswer {
	a := geminiAnswer{Candidates: candidates, Usage: c.geminiUsage(), ModelVersion: c.model(), ResponseID: c.id("")}
	if c.vertex() {
		a.CreateTime, a.Usage.TrafficType = c.p.now().UTC().Format(time.RFC3339Nano), "ON_DEMAND"
	}
	return a
}

func (c *call) geminiUsage() geminiUsage {
	u := c.usage()
	out := geminiUsage{
		Prompt: u.PromptTokens, Cached: u.CachedTokens, Candidates: u.CompletionTokens - u.ReasoningTokens, Thoughts: u.ReasoningTokens,
		Total: u.PromptTokens + u.CompletionTokens, PromptDetails: []tokensOf{{"TEXT", u.PromptTokens}},
	}
	if u.CachedTokens > 0 {
		out.CacheDetails = []tokensOf{{"TEXT", u.CachedTokens}}
	}
	return out
}

// blocks reports whether a refusal is one of the prompt: nothing is said at all.
func (r *Reply) blocks() bool { return r.Refusal != "" && r.Text == "" && len(r.ToolCalls) == 0 }

// blocked is the answer to a prompt that is refused.
func (c *call) blocked() geminiAnswer {
	a := c.geminiAnswer()
	a.Feedback = &geminiFeedback{BlockReason: "SAFETY", Ratings: unsafe}
	if c.vertex() {
		a.Feedback.Message = c.replies[0].Refusal
	}
	a.Usage.Candidates, a.Usage.Thoughts, a.Usage.Total = 0, 0, a.Usage.Prompt
	return a
}

// geminiEnd is the end of a candidate.
func (r *Reply) geminiEnd(c geminiCandidate) geminiCandidate {
	c.FinishReason = r.finish(geminiReasons)
	if r.Refusal != "" && c.FinishReason == "STOP" {
		c.FinishReason = "SAFETY"
	}
	if c.FinishReason == "SAFETY" {
		c.FinishMessage, c.SafetyRatings = r.Refusal, unsafe
	}
	return c
}

// geminiPart is a piece as Gemini has it; false if it has none.
func (r *Reply) geminiPart(p piece) (geminiPart, bool) {
	switch p.kind {
	case pieceReasoning:
		return geminiPart{Text: &p.text, Thought: true}, true
	case pieceText:
		return geminiPart{Text: &p.text}, true
	case pieceCall:
		t := r.ToolCalls[p.call]
		part := geminiPart{Call: &geminiCall{t.ID, t.Name, t.object()}}
		if p.call == 0 && (r.Reasoning != "" || r.ReasoningTokens > 0) {
			part.Signature = signature(r.Reasoning)
		}
		return part, true
	default:
		return geminiPart{}, false
	}
}

func answerGemini(c *call) (string, []byte) {
	if c.replies[0].blocks() {
		return geminiJSON, append(indented(c.blocked()), '\n')
	}
	var all []geminiCandidate
	for i := range c.replies {
		r := &c.replies[i]
		content := &geminiParts{Role: "model"}
		whole := []piece{{kind: pieceReasoning, text: r.Reasoning}, {kind: pieceText, text: r.Text}}
		for n := range r.ToolCalls {
			whole = append(whole, piece{kind: pieceCall, call: n})
		}
		for _, p := range whole {
			if part, ok := r.geminiPart(p); ok && (p.kind == pieceCall || p.text != "") {
				content.Parts = append(content.Parts, part)
			}
		}
		all = append(all, r.geminiEnd(geminiCandidate{Content: content, Index: i}))
	}
	return geminiJSON, append(indented(c.geminiAnswer(all...)), '\n')
}

// geminiFrame sets an element of a stream apart from the one before it.
func (s *stream) geminiFrame(v any) []byte {
	s.seq++
	switch {
	case !s.listed():
		return fmt.Appendf(nil, "data: %s\r\n\r\n", compact(v))
	case s.seq == 1:
		return append([]byte("["), indented(v)...)
	default:
		return append([]byte("\n,\r\n"), indented(v)...)
	}
}

func streamGemini(s *stream) {
	if s.listed() {
		s.open(geminiJSON)
	} else {
		s.open("text/event-stream")
	}
	var said int64
	var ends []geminiAnswer // each brings a finish reason
	s.each(func(i int, p piece) {
		r := &s.replies[i]
		part, ok := r.geminiPart(p)
		switch {
		case p.kind == pieceEnd && i == 0 && r.blocks():
			ends = append(ends, s.blocked())
		case p.kind == pieceEnd:
			empty := ""
			ends = append(ends, s.geminiAnswer(r.geminiEnd(geminiCandidate{Content: &geminiParts{[]geminiPart{{Text: &empty}}, "model"}, Index: i})))
		case ok:
			said += CountTokens(p.text)
			a := s.geminiAnswer(geminiCandidate{Content: &geminiParts{[]geminiPart{part}, "model"}, Index: i})
			a.Usage.Candidates = min(a.Usage.Candidates, said)
			a.Usage.Total = a.Usage.Prompt + a.Usage.Candidates + a.Usage.Thoughts
			s.send(s.geminiFrame(a))
		}
	})
	if s.over {
		return
	}
	for _, e := range ends {
		if !s.replies[0].NoDone {
			s.send(s.geminiFrame(e))
		}
	}
	switch {
	case s.listed() && s.seq == 0:
		s.send([]byte("[]\n"))
	case s.listed():
		s.send([]byte("\n]\n"))
	}
}

// breakGemini ends a stream with an error.
func breakGemini(s *stream, e *Error) []byte {
	frame := s.geminiFrame(s.geminiFailure(e))
	if s.listed() {
		frame = append(frame, "\n]\n"...)
	}
	return frame
}
