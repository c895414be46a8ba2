// Package semconv names the attributes that spans carry.
//
// Three vocabularies stand side by side, so that each backend finds its own:
// Langfuse's (read from Langfuse 4's OTLP ingestion, 2026-11), OpenTelemetry's
// for generative AI (open-telemetry/semantic-conventions-genai, 2026-11; all in
// status Development) and OpenInference's (Arize, openinference-semantic-conventions,
// 2026-11).
package semconv

// Langfuse. JSON values are strings that hold JSON.
const (
	LangfuseObservationType            = "langfuse.observation.type"                  // string: span, generation, event, agent, …
	LangfuseObservationInput           = "langfuse.observation.input"                 // string, or JSON
	LangfuseObservationOutput          = "langfuse.observation.output"                // string, or JSON
	LangfuseObservationMetadata        = "langfuse.observation.metadata."             // prefix; string, or JSON
	LangfuseObservationLevel           = "langfuse.observation.level"                 // string: DEBUG, DEFAULT, WARNING, ERROR
	LangfuseObservationStatusMessage   = "langfuse.observation.status_message"        // string
	LangfuseObservationModelName       = "langfuse.observation.model.name"            // string
	LangfuseObservationModelParameters = "langfuse.observation.model.parameters"      // JSON object
	LangfuseObservationUsageDetails    = "langfuse.observation.usage_details"         // JSON object of exclusive token counts
	LangfuseObservationCostDetails     = "langfuse.observation.cost_details"          // JSON object of US dollars
	LangfuseObservationCompletionStart = "langfuse.observation.completion_start_time" // ISO 8601
	LangfuseObservationPromptName      = "langfuse.observation.prompt.name"           // string
	LangfuseObservationPromptVersion   = "langfuse.observation.prompt.version"        // int, from 1
	LangfuseTraceName                  = "langfuse.trace.name"                        // string
	LangfuseTraceTags                  = "langfuse.trace.tags"                        // string array
	LangfuseTraceMetadata              = "langfuse.trace.metadata."                   // prefix; string, or JSON
	LangfuseTracePublic                = "langfuse.trace.public"                      // bool
	LangfuseEnvironment                = "langfuse.environment"                       // string
	LangfuseRelease                    = "langfuse.release"                           // string
	LangfuseVersion                    = "langfuse.version"                           // string
)

// OpenTelemetry: general names.
const (
	UserID                = "user.id"                     // string
	SessionID             = "session.id"                  // string
	ServiceName           = "service.name"                // string, of the resource
	ServiceVersion        = "service.version"             // string, of the resource
	DeploymentEnvironment = "deployment.environment.name" // string, of the resource
	TelemetrySDKName      = "telemetry.sdk.name"          // string, of the resource
	TelemetrySDKLanguage  = "telemetry.sdk.language"      // string, of the resource
	TelemetrySDKVersion   = "telemetry.sdk.version"       // string, of the resource
	ErrorType             = "error.type"                  // string
)

// OpenTelemetry: generative AI. Token counts are inclusive.
const (
	GenAIPrefix                  = "gen_ai."
	GenAIOperationName           = "gen_ai.operation.name"                    // string: chat, embeddings, execute_tool, …
	GenAIRequestModel            = "gen_ai.request.model"                     // string
	GenAIResponseModel           = "gen_ai.response.model"                    // string
	GenAIUsageInputTokens        = "gen_ai.usage.input_tokens"                // int
	GenAIUsageOutputTokens       = "gen_ai.usage.output_tokens"               // int
	GenAIUsageCacheReadTokens    = "gen_ai.usage.cache_read.input_tokens"     // int
	GenAIUsageCacheWriteTokens   = "gen_ai.usage.cache_creation.input_tokens" // int
	GenAIUsageReasoningTokens    = "gen_ai.usage.reasoning.output_tokens"     // int
	GenAIResponseTimeToFirst     = "gen_ai.response.time_to_first_chunk"      // double, s
	GenAIToolName                = "gen_ai.tool.name"                         // string
	GenAIAgentName               = "gen_ai.agent.name"                        // string
	GenAIPromptName              = "gen_ai.prompt.name"                       // string
	GenAIEvaluationEvent         = "gen_ai.evaluation.result"                 // event name
	GenAIEvaluationName          = "gen_ai.evaluation.name"                   // string
	GenAIEvaluationScoreValue    = "gen_ai.evaluation.score.value"            // double
	GenAIEvaluationScoreLabel    = "gen_ai.evaluation.score.label"            // string
	GenAIEvaluationScoreComments = "gen_ai.evaluation.explanation"            // string
)

// OpenInference.
const (
	OpenInferenceSpanKind = "openinference.span.kind" // string: LLM, CHAIN, TOOL, …
	InputValue            = "input.value"             // string
	InputMIMEType         = "input.mime_type"         // string: text/plain or application/json
	OutputValue           = "output.value"            // string
	OutputMIMEType        = "output.mime_type"        // string
)

// LangShark.
const (
	LangSharkTraceID       = "langshark.trace_id"       // string: the id as given, where it isn't W3C's
	LangSharkObservationID = "langshark.observation_id" // string
	LangSharkParentID      = "langshark.parent_id"      // string
	LangSharkUnfinished    = "langshark.unfinished"     // bool: still running when the process ended
)
