package otlp

import (
	"strings"

	"github.com/langshark/langshark-go/exporter"
	"github.com/langshark/langshark-go/semconv"
)

// kinds are the words of each dialect for a kind.
var (
	openInferenceKinds = map[string]exporter.Kind{
		"LLM": exporter.KindGeneration, "CHAIN": exporter.KindChain, "RETRIEVER": exporter.KindRetriever, "RERANKER": exporter.KindRetriever,
		"EMBEDDING": exporter.KindEmbedding, "AGENT": exporter.KindAgent, "TOOL": exporter.KindTool, "GUARDRAIL": exporter.KindGuardrail,
		"EVALUATOR": exporter.KindEvaluator, "PROMPT": exporter.KindSpan,
	}
	genAIKinds = map[string]exporter.Kind{
		"chat": exporter.KindGeneration, "completion": exporter.KindGeneration, "text_completion": exporter.KindGeneration,
		"generate_content": exporter.KindGeneration, "generate": exporter.KindGeneration, "embeddings": exporter.KindEmbedding,
		"invoke_agent": exporter.KindAgent, "create_agent": exporter.KindAgent, "execute_tool": exporter.KindTool,
		"retrieval": exporter.KindRetriever, "invoke_workflow": exporter.KindChain,
	}
	genkitKinds = map[string]exporter.Kind{
		"model": exporter.KindGeneration, "tool": exporter.KindTool, "embedder": exporter.KindEmbedding, "retriever": exporter.KindRetriever,
		"reranker": exporter.KindRetriever, "evaluator": exporter.KindEvaluator, "flow": exporter.KindChain, "agent": exporter.KindAgent,
	}
	vercelKinds = map[string]exporter.Kind{
		"ai.generateText.doGenerate": exporter.KindGeneration, "ai.streamText.doStream": exporter.KindGeneration,
		"ai.generateObject.doGenerate": exporter.KindGeneration, "ai.streamObject.doStream": exporter.KindGeneration,
		"ai.embed.doEmbed": exporter.KindEmbedding, "ai.embedMany.doEmbed": exporter.KindEmbedding, "ai.toolCall": exporter.KindTool,
		// Around these the calls of models have spans of their own.
		"ai.generateText": exporter.KindSpan, "ai.streamText": exporter.KindSpan, "ai.generateObject": exporter.KindSpan,
		"ai.streamObject": exporter.KindSpan, "ai.embed": exporter.KindSpan, "ai.embedMany": exporter.KindSpan,
	}
	traceloopKinds = map[string]exporter.Kind{
		"workflow": exporter.KindChain, "task": exporter.KindSpan, "agent": exporter.KindAgent, "tool": exporter.KindTool,
	}
	mlflowKinds = map[string]exporter.Kind{
		"LLM": exporter.KindGeneration, "CHAT_MODEL": exporter.KindGeneration, "CHAIN": exporter.KindChain, "AGENT": exporter.KindAgent,
		"TOOL": exporter.KindTool, "RETRIEVER": exporter.KindRetriever, "RERANKER": exporter.KindRetriever, "EMBEDDING": exporter.KindEmbedding,
		"EVALUATOR": exporter.KindEvaluator, "GUARDRAIL": exporter.KindGuardrail, "PARSER": exporter.KindSpan, "UNKNOWN": exporter.KindSpan,
	}
	liveKitKinds = map[string]exporter.Kind{
		"llm_node": exporter.KindGeneration, "llm_request": exporter.KindGeneration, "agent_turn": exporter.KindAgent, "start_agent_activity": exporter.KindAgent,
		"function_tool": exporter.KindTool,
	}
)

// kind is the first that a dialect names.
func (c *conversion) kind() exporter.Kind {
	if k, ok := exporter.ParseKind(strings.ToLower(c.see(semconv.LangfuseObservationType))); ok && c.has(semconv.LangfuseObservationType) {
		c.drop(semconv.LangfuseObservationType)
		return k
	}
	for _, dialect := range [...]struct {
		names []string
		kinds map[string]exporter.Kind
	}{
		{[]string{semconv.OpenInferenceSpanKind}, openInferenceKinds},
		{[]string{semconv.GenAIOperationName}, genAIKinds},
		{[]string{"genkit:metadata:subtype"}, genkitKinds},
		{[]string{"operation.name"}, vercelKinds},
		{[]string{"ai.operationId"}, vercelKinds},
		{[]string{"traceloop.span.kind"}, traceloopKinds},
		{[]string{"mlflow.spanType"}, mlflowKinds},
	} {
		for _, name := range dialect.names {
			// Vercel's operation.name has the id of the function behind it; MLflow's type is JSON.
			word, _, _ := strings.Cut(strings.Trim(c.see(name), `"`), " ")
			if k, ok := dialect.kinds[word]; ok {
				if name != semconv.GenAIOperationName {
					c.drop(name)
				}
				return k
			}
		}
	}
	switch k, known := liveKitKinds[c.span.name]; {
	case c.has(semconv.GenAIToolName, "gen_ai.tool.call.id"):
		return exporter.KindTool
	case known && c.anyBelow("lk."):
		return k
	case c.has("agent_name") && c.has(agentMessages...):
		return exporter.KindAgent
	case c.has(modelNames...):
		return exporter.KindGeneration
	}
	return exporter.KindSpan
}

// agentMessages are what Pydantic AI puts on the run of an agent.
var agentMessages = []string{"pydantic_ai.all_messages", "all_messages_events", "final_result"}
