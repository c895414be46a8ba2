package main

import (
	"context"

	"github.com/DataDog/dd-trace-go/v2/ddtrace/tracer"
	"github.com/DataDog/dd-trace-go/v2/llmobs"
)

type datadogRecorder struct {
	inputs, outputs [][]llmobs.LLMMessage // the chats in its types, made once
	ctx             context.Context       //nolint:containedctx // of the running trace, for bare spans
	root            *llmobs.WorkflowSpan
}

func newDatadog(to target) (recorder, error) {
	if to.discards() {
		return nil, errNoDiscard
	}
	err := tracer.Start(
		tracer.WithAgentURL(to.URL), tracer.WithLogStartup(false),
		tracer.WithLLMObsEnabled(true), tracer.WithLLMObsMLApp("bench"), tracer.WithLLMObsAgentlessEnabled(false),
	)
	if err != nil {
		return nil, err
	}
	r := &datadogRecorder{}
	for i := range chats {
		r.inputs = append(r.inputs, datadogMessages(chats[i].input))
		r.outputs = append(r.outputs, datadogMessages(chats[i].output))
	}
	return r, nil
}

func datadogMessages(list []message) []llmobs.LLMMessage {
	var converted []llmobs.LLMMessage
	for _, m := range list {
		converted = append(converted, llmobs.LLMMessage{Role: m.Role, Content: m.Content})
	}
	return converted
}

func (r *datadogRecorder) trace(c *chat) {
	root, ctx := llmobs.StartWorkflowSpan(context.Background(), "chat", llmobs.WithSessionID(session))
	root.Annotate(llmobs.WithAnnotatedTags(map[string]string{"user_id": user}))
	retrieve, ctx2 := llmobs.StartRetrievalSpan(ctx, "retrieve")
	embed, _ := llmobs.StartEmbeddingSpan(ctx2, "embed")
	embed.Finish()
	retrieve.Finish()
	g, _ := llmobs.StartLLMSpan(ctx, generate, llmobs.WithModelName("gpt-4o"))
	g.AnnotateLLMIO(r.inputs[c.index], r.outputs[c.index], llmobs.WithAnnotatedMetrics(map[string]float64{
		llmobs.MetricKeyInputTokens: 300, llmobs.MetricKeyOutputTokens: 120,
	}))
	g.Finish()
	parse, _ := llmobs.StartTaskSpan(ctx, "parse")
	parse.Finish()
	root.Finish()
}

func (r *datadogRecorder) span() {
	if r.root == nil {
		r.root, r.ctx = llmobs.StartWorkflowSpan(context.Background(), "root")
	}
	s, _ := llmobs.StartTaskSpan(r.ctx, "span")
	s.Finish()
}

// end finishes the running trace, because its spans are kept until then.
func (r *datadogRecorder) end() {
	if r.root != nil {
		r.root.Finish()
		r.root = nil
	}
}

func (r *datadogRecorder) settle() {
	r.end()
	tracer.Flush()
}

func (r *datadogRecorder) close(context.Context) {
	r.end()
	tracer.Stop()
}
