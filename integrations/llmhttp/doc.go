// Package llmhttp records the calls that an [http.Client] makes to model
// providers. Put a [Transport] into the client of any SDK:
//
//	client := &http.Client{Transport: llmhttp.NewTransport(nil)}
//
// Each call becomes a generation below the observation in the request's
// context: model, parameters, messages, tools, answer, usage, finish reason,
// time to first token, errors. Embeddings are embeddings, with the number of
// vectors and their dimensions. Requests that are no such calls pass untouched;
// see [WithManagement] for those of OpenAI's API that ask no model.
//
// # What the application sees
//
// The same as without: the same bytes when they arrive, errors, headers,
// trailers. A request is not changed (but see [WithStreamUsage]), no trace
// header is sent, no goroutine works for it, and a stream is not held back: only
// its end mark waits until the answer is recorded, which takes as long as the
// client's Config.Mask does.
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
// What came until then is recorded in each case. The generation ends with the
// protocol's end, whether or not the application closes the stream then; where
// the protocol has no such end (Gemini, pictures), a usage that was asked for has not
// come, or the answer is in an encoding of the application's, with that of the bytes.
//
// # Retries
//
// Each request is a generation of its own, except where several are known to
// be attempts at one call: within [WithCall], where a client follows a redirect,
// and where an SDK marks them, as those of OpenAI and Anthropic do (the
// X-Stainless-Retry-Count header). Then there is one generation, and the
// metadata langshark.attempts lists them. SDKs don't say that they give up: a
// call that failed for good ends with its context, when the client is flushed, or
// once the time for another attempt is over, some seconds later.
//
// # Tools
//
// A call of a tool that the model asks for becomes an observation of kind tool,
// with arguments and result, when a later request of the trace brings its
// result. It has the id of the generation that asked (metadata
// langshark.generation_id) and lasts from that answer to the request, for when
// the tool really ran isn't known (metadata langshark.inferred). Where the
// application records the tool itself, by [StartTool] or as any observation of
// kind tool that has the tool's name, that one is linked instead. One under another
// name can't be known: see [WithoutTools].
//
// # Files
//
// Pictures and sounds in messages and answers are handled as the client's
// Config.Media says; by default they are uploaded and a reference stays.
//
// # Providers
//
//   - OpenAI and Azure OpenAI: chat, completions, responses, embeddings, images,
//     audio, moderations;
//   - hosts with OpenAI's API, as Groq, OpenRouter, DeepSeek, Mistral, xAI,
//     Upstage, Together, Perplexity, vLLM: the same as far as they have it, with
//     what they add, as reasoning and their own counts of tokens;
//   - Anthropic: messages, on its own host, Vertex AI and others;
//   - Gemini, on Google AI and Vertex AI: generateContent, streamed or not, and
//     embeddings;
//   - Ollama: chat, generate and embeddings.
//
// A provider is known by the path of the request, and by the host where several
// have the same path; a proxy that keeps the path is fine.
package llmhttp
