package semconv

import "strings"

// Content says what of a conversation an attribute holds.
type Content uint8

const (
	// NoContent is what is said about a call: names, counts, times, settings.
	NoContent Content = iota
	// InputContent is what a model or a tool was given: messages, prompts, instructions, tools, arguments.
	InputContent
	// OutputContent is what came of it: messages, results, documents.
	OutputContent
)

// contents are the attributes that hold content, by who defines or writes them. A
// name that ends with a dot stands for itself without it and for all below it.
var contents = [...]struct {
	source        string
	input, output string
}{
	{
		"langshark itself, docs/wire.md: what a provider answered with an error often repeats what it was asked",
		"",
		"langshark.error.body",
	},
	{
		"OpenTelemetry, semantic-conventions-genai, 2026-11: those marked as sensitive; gen_ai.prompt and gen_ai.completion up to 1.36, and as Traceloop numbers them",
		"gen_ai.input.messages. gen_ai.system_instructions. gen_ai.tool.definitions. gen_ai.tool.call.arguments. gen_ai.retrieval.query.text gen_ai.prompt.",
		"gen_ai.output.messages. gen_ai.tool.call.result. gen_ai.retrieval.documents. gen_ai.completion.",
	},
	{
		"Langfuse 4's OTLP ingestion, OtelIngestionProcessor.ts, 2026-11",
		"langfuse.trace.input langfuse.observation.input",
		"langfuse.trace.output langfuse.observation.output langfuse.experiment.item.expected_output",
	},
	{
		"OpenInference, openinference-semantic-conventions, 2026-11",
		`input.value input.audio. llm.input_messages. llm.prompts. llm.prompt_template.template llm.prompt_template.variables. llm.function_call.
		llm.tools. tool.parameters. reranker.query reranker.input_documents. embedding.embeddings. image.url audio.url audio.transcript`,
		"output.value output.audio. llm.output_messages. llm.choices. retrieval.documents. reranker.output_documents.",
	},
	{
		"Traceloop, opentelemetry-semantic-conventions-ai, 2026-11",
		"traceloop.entity.input traceloop.prompt.template traceloop.prompt.template_variables. llm.request.functions. mcp.request.argument",
		"traceloop.entity.output llm.content.completion.chunk mcp.response.value",
	},
	{
		"Vercel's AI SDK 3 to 5",
		"ai.prompt. ai.toolCall.args ai.value ai.values ai.documents",
		`ai.response.text ai.response.object ai.response.toolCalls ai.response.reasoning ai.response.files ai.result.text ai.result.object
		ai.result.toolCalls ai.toolCall.result ai.embedding ai.embeddings`,
	},
	{
		"Google's Agent Development Kit, telemetry/tracing.py",
		"gcp.vertex.agent.llm_request gcp.vertex.agent.tool_call_args gcp.vertex.agent.data",
		"gcp.vertex.agent.llm_response gcp.vertex.agent.tool_response",
	},
	{
		"Genkit, core/tracing",
		"genkit:input genkit:init",
		"genkit:output",
	},
	{
		"MLflow, mlflow.tracing",
		"mlflow.spanInputs mlflow.chat.messages mlflow.chat.tools",
		"mlflow.spanOutputs",
	},
	{
		"Pydantic AI, Logfire and Pipecat, as Langfuse reads them",
		"prompt input tool_arguments model_request_parameters request_data",
		"output events all_messages all_messages_events pydantic_ai.all_messages final_result tool_response response_data",
	},
	{
		"LiveKit Agents, as Langfuse reads them",
		"lk.input_text lk.user_input lk.user_transcript lk.chat_ctx lk.instructions lk.function_tool.arguments",
		"lk.function_tool.output lk.response.text lk.response.function_calls",
	},
}

// named stand below a prefix of contents and hold none.
var named = [...]string{GenAIPromptName, "gen_ai.prompt.version"}

// contentNames and contentPrefixes are what contents say.
var contentNames, contentPrefixes = func() (names, prefixes map[string]Content) {
	names, prefixes = map[string]Content{}, map[string]Content{}
	put := func(list string, c Content) {
		for name := range strings.FieldsSeq(list) {
			if prefix, below := strings.CutSuffix(name, "."); below {
				prefixes[prefix] = c
			} else {
				names[name] = c
			}
		}
	}
	for _, c := range contents {
		put(c.input, InputContent)
		put(c.output, OutputContent)
	}
	for _, name := range named {
		names[name] = NoContent
	}
	return names, prefixes
}()

// ContentOf says what of a conversation the attribute holds, by its name in one
// of the vocabularies that are known.
func ContentOf(name string) Content {
	if c, ok := contentNames[name]; ok {
		return c
	}
	if c, ok := contentPrefixes[name]; ok {
		return c
	}
	for i := range len(name) {
		if name[i] == '.' {
			if c, ok := contentPrefixes[name[:i]]; ok {
				return c
			}
		}
	}
	return NoContent
}
