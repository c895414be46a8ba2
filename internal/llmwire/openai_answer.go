package llmwire

import (
	"bytes"
	"encoding/json"
	"errors"
)

// chatAnswer reads an answer in one piece.
type chatAnswer struct {
	body []byte
	cut  bool
}

func (a *chatAnswer) Feed(p []byte) {
	room := MaxBodyBytes - len(a.body)
	if len(p) > room {
		p, a.cut = p[:room], true
	}
	a.body = append(a.body, p...)
}

func (a *chatAnswer) Started() bool { return false }

func (a *chatAnswer) Close() Response {
	r := Response{Truncated: a.cut}
	raw := json.RawMessage(a.body)
	if !json.Valid(raw) {
		raw = closeJSON(raw)
	} else {
		r.Complete = true
	}
	r.Complete = r.Complete || a.cut // cut by us, not by the provider
	var answer struct {
		chatHead
		Choices []struct {
			Message      json.RawMessage `json:"message"`
			FinishReason string          `json:"finish_reason"`
		} `json:"choices"`
	}
	err := json.Unmarshal(raw, &answer)
	var odd *json.UnmarshalTypeError
	if err != nil && !errors.As(err, &odd) { // a field of an odd type is skipped
		return r
	}
	answer.fill(&r)
	if answer.hasError() {
		r.Err = parseError(a.body[:min(len(a.body), MaxErrorBytes)])
	}
	messages := make([]json.RawMessage, 0, len(answer.Choices))
	for _, c := range answer.Choices {
		if len(c.Message) > 0 {
			messages = append(messages, c.Message)
		}
		if c.FinishReason != "" {
			r.FinishReasons = append(r.FinishReasons, c.FinishReason)
		}
	}
	var short bool
	switch len(messages) {
	case 0:
	case 1:
		r.Output, short = fit(bytes.Clone(messages[0]), MaxCaptureBytes)
	default:
		r.Output, short = fit(marshal(messages), MaxCaptureBytes)
	}
	r.Truncated = r.Truncated || short
	return r
}
