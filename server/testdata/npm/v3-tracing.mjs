// langfuse 3.x: traces, observations of its three kinds and scores by ingestion, then its reads.
import assert from "node:assert/strict";
import { Langfuse } from "langfuse";
import { like, named } from "./check.mjs";

const langfuse = new Langfuse({ environment: "staging", release: "r-7", flushAt: 100 }); // flushAsync waits for one batch
langfuse.on("error", (error) => assert.fail(String(error)));
const prompt = await langfuse.createPrompt({ name: "v3 question", prompt: "Ask {{what}}", labels: ["production"] });

const trace = langfuse.trace({
  id: "v3-trace", name: "v3 chat", userId: "김", sessionId: "v3-session", version: "1.2", input: { q: "안녕" },
  metadata: { plan: "pro", deep: { a: [1, 2] } }, tags: ["red", "blue"], public: true,
});
const outer = trace.span({ id: "v3-outer", name: "outer", input: [1, "two", null], metadata: { k: true } });
const inner = outer.span({ id: "v3-inner", name: "inner", level: "WARNING", statusMessage: "slow" });
const begin = new Date("2026-03-04T05:06:07.000Z");
const generation = inner.generation({
  id: "v3-generation", name: "answer", startTime: begin, model: "gpt-4o", modelParameters: { temperature: 0.5, maxTokens: 100 },
  input: [{ role: "user", content: "안녕" }], prompt,
});
generation.update({ completionStartTime: new Date("2026-03-04T05:06:07.250Z") });
generation.update({ // end would give it the time of now
  output: { role: "assistant", content: "네" }, endTime: new Date("2026-03-04T05:06:08.500Z"),
  usage: { promptTokens: 1000, completionTokens: 200, totalTokens: 1200 },
});
inner.generation({
  id: "v3-details", name: "details", model: "gpt-4o", output: "x",
  usageDetails: { input: 700, input_cached_tokens: 300, output: 50 }, costDetails: { input: 0.5, output: 0.25, total: 0.75 },
}).end();
inner.event({ id: "v3-event", name: "cache miss", input: "key" });
inner.update({ output: "inner done" });
inner.end();
outer.end({ output: { ok: true } });
trace.update({ output: { a: "네" }, metadata: { more: 1 } });
trace.score({ id: "v3-numeric", name: "quality", value: 0.75, comment: "fine", metadata: { by: "rule" } });
generation.score({ id: "v3-category", name: "tone", value: "warm", dataType: "CATEGORICAL" });
langfuse.score({ id: "v3-boolean", traceId: "v3-trace", name: "helpful", value: 1, dataType: "BOOLEAN" });
langfuse.score({ id: "v3-of-session", sessionId: "v3-session", name: "resolved", value: 0, dataType: "BOOLEAN" });
await langfuse.flushAsync();

const { data: read } = await langfuse.fetchTrace("v3-trace");
like(read, {
  name: "v3 chat", userId: "김", sessionId: "v3-session", version: "1.2", release: "r-7", environment: "staging", input: { q: "안녕" },
  output: { a: "네" }, metadata: { plan: "pro", deep: { a: [1, 2] }, more: 1 }, tags: ["blue", "red"], public: true,
});
assert.equal(read.observations.length, 5);
like(named(read.observations, "outer"), { type: "SPAN", parentObservationId: null, input: [1, "two", null], output: { ok: true }, metadata: { k: true } });
like(named(read.observations, "inner"), { parentObservationId: "v3-outer", level: "WARNING", statusMessage: "slow", output: "inner done" });
like(named(read.observations, "cache miss"), { type: "EVENT", parentObservationId: "v3-inner", input: "key" });
like(named(read.observations, "answer"), {
  type: "GENERATION", parentObservationId: "v3-inner", model: "gpt-4o", modelParameters: { temperature: 0.5, maxTokens: 100 }, environment: "staging",
  startTime: begin.toISOString(), completionStartTime: "2026-03-04T05:06:07.250Z", endTime: "2026-03-04T05:06:08.500Z", latency: 1.5,
  input: [{ role: "user", content: "안녕" }], output: { role: "assistant", content: "네" },
  usage: { input: 1000, output: 200, total: 1200, unit: "TOKENS" }, usageDetails: { input: 1000, output: 200, total: 1200 },
  promptName: "v3 question", promptVersion: 1, calculatedTotalCost: 0.0045,
});
like(named(read.observations, "details"), { usageDetails: { input: 700, input_cached_tokens: 300, output: 50 }, costDetails: { input: 0.5, output: 0.25, total: 0.75 } });
like(named(read.scores, "quality"), { value: 0.75, dataType: "NUMERIC", comment: "fine", observationId: null, source: "API" });
like(named(read.scores, "tone"), { stringValue: "warm", dataType: "CATEGORICAL", observationId: "v3-generation" });
like(named(read.scores, "helpful"), { value: 1, stringValue: "True", dataType: "BOOLEAN" });

const traces = await langfuse.fetchTraces({ userId: "김", tags: "red", limit: 1, fromTimestamp: new Date(Date.now() - 3600_000), orderBy: "timestamp.desc" });
like(traces, { data: [{ id: "v3-trace" }], meta: { totalItems: 1, page: 1, limit: 1 } });
const generations = await langfuse.fetchObservations({ traceId: "v3-trace", type: "GENERATION", name: "answer" });
like(generations, { data: [{ id: "v3-generation", promptName: "v3 question" }], meta: { totalItems: 1 } });
like((await langfuse.fetchObservation("v3-event")).data, { id: "v3-event", traceId: "v3-trace", type: "EVENT" });
like(await langfuse.fetchSessions({ page: 1, limit: 10 }), { data: [{ id: "v3-session", environment: "staging" }] });

const list = await langfuse.api.traceList({ name: "v3 chat", version: "1.2", release: "r-7", environment: "staging", tags: ["red", "blue"] });
like(list.data, [{ id: "v3-trace", observations: { length: 5 } }]);
like(await langfuse.api.traceGet("v3-trace"), { id: "v3-trace" });
like((await langfuse.api.observationsGetMany({ level: "WARNING" })).data, [{ id: "v3-inner" }]);
like(await langfuse.api.observationsGet("v3-inner"), { id: "v3-inner" });
like((await langfuse.api.scoreV2Get({ name: "resolved" })).data, [{ id: "v3-of-session", sessionId: "v3-session", value: 0, stringValue: "False" }]);
like(await langfuse.api.scoreV2GetById("v3-numeric"), { id: "v3-numeric", metadata: { by: "rule" } });
like(await langfuse.api.scoreCreate({ traceId: "v3-trace", name: "direct", value: 2 }), { id: /./ });
like(await langfuse.api.sessionsGet("v3-session"), { id: "v3-session", traces: [{ id: "v3-trace" }] });
like(await langfuse.api.projectsGet(), { data: [{ name: "npm" }] });
like(await langfuse.api.healthHealth(), { status: "OK" });
like((await langfuse.api.commentsCreate({ projectId: (await langfuse.api.projectsGet()).data[0].id, objectType: "TRACE", objectId: "v3-trace", content: "봐요" })), { id: /./ });
like((await langfuse.api.modelsList({ limit: 1 })).data, { length: 1 });
const query = { view: "traces", metrics: [{ measure: "count", aggregation: "count" }], dimensions: [{ field: "name" }], filters: [], fromTimestamp: "2026-01-01T00:00:00Z", toTimestamp: "2030-01-01T00:00:00Z" };
like((await langfuse.api.metricsMetrics({ query: JSON.stringify(query) })).data, [{ name: "v3 chat" }]);

langfuse.trace({ id: "v3-last", name: "sent by shutdown" });
await langfuse.shutdownAsync();
