// @langfuse/tracing and @langfuse/otel 5.x: every kind of observation, attributes of traces, and scores.
import assert from "node:assert/strict";
import { createTraceId, getActiveTraceId, observe, propagateAttributes, setActiveTraceAsPublic, setActiveTraceIO, startActiveObservation, startObservation, updateActiveObservation } from "@langfuse/tracing";
import { flush, langfuse, shutdown } from "./v5.mjs";
import { like, named } from "./check.mjs";

const prompt = await langfuse.prompt.create({ name: "v5 question", prompt: "Ask {{what}}", labels: ["production"] });
const traceId = await createTraceId("a seed");
assert.match(traceId, /^[0-9a-f]{32}$/);
const kinds = ["agent", "tool", "chain", "retriever", "evaluator", "guardrail", "embedding"];
const parentSpanContext = { traceId, spanId: "0123456789abcdef", traceFlags: 1 };

await startActiveObservation("v5 chat", async (root) => {
  await propagateAttributes({ userId: "김", sessionId: "v5-session", tags: ["red", "blue"], metadata: { plan: "pro" }, version: "1.2", traceName: "v5 name" }, async () => {
    root.update({ input: { q: "안녕" }, metadata: { deep: { a: [1, 2] } } });
    for (const asType of kinds) {
      startObservation("a " + asType, { input: { asType }, output: [asType], metadata: { k: asType } }, { asType }).end();
    }
    await startActiveObservation("answer", async (generation) => {
      assert.equal(getActiveTraceId(), traceId);
      generation.update({
        model: "gpt-4o", modelParameters: { temperature: 0.5, max_tokens: 100 }, input: [{ role: "user", content: "안녕" }],
        completionStartTime: new Date(), prompt,
      });
      updateActiveObservation({ output: { role: "assistant", content: "네" }, usageDetails: { input: 1000, output: 200 } }, { asType: "generation" });
      langfuse.score.activeObservation({ name: "tone", value: "warm", dataType: "CATEGORICAL" });
      langfuse.score.activeTrace({ name: "helpful", value: 1, dataType: "BOOLEAN", comment: "yes" });
    }, { asType: "generation" });
    const raw = startObservation("openai's usage", { model: "gpt-4o", usageDetails: { prompt_tokens: 30, completion_tokens: 20, total_tokens: 50, prompt_tokens_details: { cached_tokens: 10 } }, costDetails: { total: 0.75 } }, { asType: "generation" });
    raw.startObservation("below", { level: "WARNING", statusMessage: "slow" }).end();
    langfuse.score.observation(raw, { name: "quality", value: 0.5, metadata: { by: "rule" } });
    raw.end();
    root.startObservation("cache miss", { input: "key" }, { asType: "event" });
    const failing = observe(async (n) => { throw new Error("out of " + n); }, { name: "observed", asType: "tool" });
    await assert.rejects(failing("paper"));
    assert.equal(await observe(async (n) => n + 1, { name: "adds" })(1), 2);
    setActiveTraceIO({ input: "the trace's input", output: { a: "네" } });
    setActiveTraceAsPublic();
  });
  langfuse.score.trace(root, { name: "overall", value: 0.9 });
  langfuse.score.trace(root, { name: "remark", value: "slow, but right", dataType: "TEXT" });
  langfuse.score.trace(root, { name: "output", value: "아니요", dataType: "CORRECTION" });
}, { parentSpanContext });
await flush();

const read = await langfuse.api.trace.get(traceId);
like(read, {
  name: "v5 name", userId: "김", sessionId: "v5-session", environment: "staging", release: "r-9", version: "1.2", public: true, tags: ["blue", "red"],
  input: "the trace's input", output: { a: "네" }, metadata: { plan: "pro" },
});
for (const asType of kinds) {
  like(named(read.observations, "a " + asType), { type: asType.toUpperCase(), input: { asType }, output: [asType], metadata: { k: asType }, environment: "staging", version: "1.2" });
}
const root = named(read.observations, "v5 chat");
like(root, { type: "SPAN", input: { q: "안녕" }, metadata: { deep: { a: [1, 2] } } });
const answer = named(read.observations, "answer");
like(answer, {
  type: "GENERATION", parentObservationId: root.id, model: "gpt-4o", modelParameters: { temperature: 0.5, max_tokens: 100 }, promptName: "v5 question", promptVersion: 1,
  input: [{ role: "user", content: "안녕" }], output: { role: "assistant", content: "네" }, usageDetails: { input: 1000, output: 200 }, calculatedTotalCost: 0.0045, completionStartTime: /^2/,
});
like(named(read.observations, "openai's usage"), { usage: { input: 30, output: 20, total: 50 }, costDetails: { total: 0.75 }, level: "DEFAULT" });
like(named(read.observations, "below"), { parentObservationId: named(read.observations, "openai's usage").id, level: "WARNING", statusMessage: "slow" });
like(named(read.observations, "cache miss"), { type: "EVENT", input: "key", parentObservationId: root.id });
like(named(read.observations, "observed"), { type: "TOOL", level: "ERROR", statusMessage: /out of paper/, input: "paper" });
like(named(read.observations, "adds"), { type: "SPAN", output: "2" }); // on this wire nobody can tell a number from its text
like(named(read.scores, "tone"), { observationId: answer.id, dataType: "CATEGORICAL", stringValue: "warm", environment: "default" });
like(named(read.scores, "helpful"), { observationId: null, dataType: "BOOLEAN", value: 1, stringValue: "True", comment: "yes" });
like(named(read.scores, "quality"), { value: 0.5, metadata: { by: "rule" } });
like(named(read.scores, "overall"), { value: 0.9 });
like(named(read.scores, "remark"), { dataType: "TEXT", stringValue: "slow, but right" });
like(named(read.scores, "output"), { dataType: "CORRECTION", stringValue: "아니요" });
assert.match(await langfuse.getTraceUrl(traceId), /\/project\/.+\/traces\//);
await shutdown();
