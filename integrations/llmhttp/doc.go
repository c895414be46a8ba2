// Package llmhttp records the calls that an [http.Client] makes to model
// providers. Put a [Transport] into the client of any SDK:
//
//	client := &http.Client{Transport: llmhttp.NewTransport(nil)}
//
// Each call becomes a generation below the observation in the request's
// context: model, parameters, messages, tools, answer, usage, finish reason,
// time to first token, errors. Requests that are no such calls pass untouched.
//
// # What the application sees
//
// The same as without: the same bytes when they arrive, errors, headers,
// trailers. A request is not changed (but see [WithStreamUsage]), no trace
// header is sent, a stream is not held back, and no goroutine works for it.
// API keys are not recorded: neither headers nor the query of the URL are.
//
// # How a stream ends
//
// The metadata langshark.stream.end says it:
//
//   - complete: the protocol's own end was seen.
//   - closed_early: the application closed the stream before it.
//   - cancelled: the context ended before it.
//   - error: the provider reported an error, or the connection broke.
//   - truncated: the stream ended, but without the protocol's end.
//
// What came until then is recorded in each case.
//
// # Retries
//
// Each request is a generation of its own, except where several are known to
// be attempts at one call: within [WithCall], and where an SDK marks them
// (the X-Stainless-Retry-Count header). Then there is one generation, and the
// metadata langshark.attempts lists them.
//
// # Providers
//
// Today: chat completions of OpenAI, Azure OpenAI, and the many that offer the
// same API.
package llmhttp
