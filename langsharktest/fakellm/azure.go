package fakellm

import (
	"fmt"
	"net/http"
	"strconv"
)

// Azure OpenAI: the same APIs below /openai, with what its content filter found.

var azure = &vendor{
	callID:   openAI.callID,
	badJSON:  openAI.badJSON,
	failType: "application/json",
	greet: func(c *call) {
		h := c.w.Header()
		h.Set("Apim-Request-Id", fmt.Sprintf("00000000-0000-4000-8000-%012x", c.n))
		h.Set("X-Request-Id", fmt.Sprintf("00000000-0000-4000-9000-%012x", c.n))
		h.Set("X-Ms-Region", "Korea Central")
	},
	wrongKey: func(*call) *Error {
		return &Error{Status: http.StatusUnauthorized, Message: "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource."}
	},
	fail: func(c *call, e *Error) (int, []byte) {
		status := e.status()
		code, filtered := strconv.Itoa(status), e.Code == filteredCode
		switch {
		case status == http.StatusTooManyRequests:
			code = "RateLimitReached"
		case status == http.StatusUnauthorized, status == http.StatusNotFound && e.Type == "":
		case filtered:
			return status, compact(map[string]any{"error": map[string]any{
				"message": e.Message, "type": nullable(e.Type), "param": nullable(e.Param), "code": e.Code, "status": status,
				"innererror": map[string]any{"code": "ResponsibleAIPolicyViolation", "content_filter_result": filterResults("hate", true)},
			}})
		default:
			return openAI.fail(c, e)
		}
		return status, compact(map[string]any{"error": map[string]string{"code": code, "message": e.Message}})
	},
}

// filterResults are the content filter's, for each category.
func filterResults(category string, filtered bool) map[string]any {
	out := map[string]any{}
	for _, c := range []string{"hate", "self_harm", "sexual", "violence"} {
		severity := "safe"
		if filtered && c == category {
			severity = "high"
		}
		out[c] = map[string]any{"filtered": filtered && c == category, "severity": severity}
	}
	return out
}

func promptFilter() []any {
	return []any{map[string]any{"prompt_index": 0, "content_filter_results": filterResults("", false)}}
}

var azureHost = &host{
	vendor: azure,
	preamble: func(s *stream) {
		s.event("", map[string]any{"choices": []any{}, "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": promptFilter()})
	},
	edit: func(c *call, body map[string]any, _ bool) {
		without(body, "service_tier")
		if !c.req.Stream {
			body["prompt_filter_results"] = promptFilter()
		}
		eachChoice(body, func(choice, said map[string]any) {
			found := filterResults("", false)
			if c.req.Stream && (said["content"] == nil || said["content"] == "") && (choice["text"] == nil || choice["text"] == "") {
				found = map[string]any{}
			}
			if choice["finish_reason"] == "content_filter" {
				found = filterResults("violence", true)
			}
			choice["content_filter_results"] = found
		})
	},
}

// azureOf is an endpoint as Azure has it: on a deployment's path, which needs a version.
func azureOf(e *endpoint) *endpoint {
	out := *e.at(azureHost)
	read := out.read
	out.read = func(c *call) *Error {
		if c.r.PathValue("deployment") != "" && c.r.URL.Query().Get("api-version") == "" {
			return &Error{Status: http.StatusNotFound, Message: "Resource not found"}
		}
		return read(c)
	}
	return &out
}

// named is the model that a request names, in its path or in its body.
func (c *call) named(model string) string {
	if d := c.r.PathValue("deployment"); d != "" {
		return d
	}
	return model
}
