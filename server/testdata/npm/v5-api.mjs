// @langfuse/client 5.x: the generated client of the whole API, over what a trace and a few calls have made.
import assert from "node:assert/strict";
import { startActiveObservation, propagateAttributes } from "@langfuse/tracing";
import { flush, langfuse, shutdown } from "./v5.mjs";
import { like, named } from "./check.mjs";

const { api } = langfuse;
const from = new Date(Date.now() - 3600_000).toISOString();
const to = new Date(Date.now() + 3600_000).toISOString();
let traceId, observationId;
await startActiveObservation("asked", (generation) => {
  propagateAttributes({ userId: "kim", sessionId: "s", tags: ["red"] }, () => {
    generation.update({ model: "gpt-4o", input: "q", output: { a: 1 }, usageDetails: { input: 1000, output: 200 }, metadata: { k: "v" } });
    langfuse.score.activeObservation({ name: "quality", value: 0.5 });
    langfuse.score.create({ sessionId: "s", name: "resolved", value: 1, dataType: "BOOLEAN" });
  });
  traceId = generation.traceId;
  observationId = generation.id;
}, { asType: "generation" });
await flush();

like(await api.health.health(), { status: "OK", version: /^\d/ });
const project = (await api.projects.get()).data[0];
like(project, { name: "npm", organization: { name: /./ }, metadata: {} });

const key = await api.projects.createApiKey(project.id, { note: "for a test" });
like(key, { publicKey: /^pk-/, secretKey: /^sk-/, note: "for a test" });
like((await api.projects.getApiKeys(project.id)).apiKeys.find((one) => one.id === key.id), { publicKey: key.publicKey, note: "for a test" });
like(await api.projects.deleteApiKey(project.id, key.id), { success: true });

like(await api.trace.list({ userId: "kim", sessionId: "s", tags: ["red"], environment: ["staging"], fromTimestamp: from, toTimestamp: to, orderBy: "timestamp.asc", fields: "core,io,scores,observations,metrics", limit: 5 }), {
  data: [{ id: traceId, environment: "staging", observations: [observationId], scores: { length: 1 }, totalCost: 0.0045 }], meta: { totalItems: 1 },
});
like(await api.sessions.list({ environment: "staging", limit: 5 }), { data: [{ id: "s", environment: "staging" }] });
like(await api.sessions.get("s"), { id: "s", traces: [{ id: traceId, environment: "staging" }] });

const v2 = await api.observations.getMany({ type: "GENERATION", userId: "kim", fields: "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context", limit: 10, fromStartTime: from, toStartTime: to });
like(v2.data, [{
  id: observationId, traceId, name: "asked", input: "q", output: '{"a":1}', metadata: { k: "v" }, providedModelName: "gpt-4o", usageDetails: { input: 1000, output: 200 },
  totalCost: 0.0045, userId: "kim", sessionId: "s", tags: ["red"], environment: "staging", latency: /./,
}]);
like((await api.observations.getMany({ filter: JSON.stringify([{ type: "string", column: "name", operator: "contains", value: "ask" }]) })).data, { length: 1 });
like(await api.legacy.observationsV1.get(observationId), { id: observationId, usageDetails: { input: 1000 }, costDetails: { total: 0.0045 } });
like((await api.legacy.observationsV1.getMany({ level: "DEFAULT", environment: ["staging"] })).data, { length: 1 });
const query = (view) => JSON.stringify({
  view, metrics: [{ measure: "count", aggregation: "count" }], dimensions: [{ field: "name" }], filters: [], timeDimension: { granularity: "day" }, fromTimestamp: from, toTimestamp: to,
});
like((await api.metrics.metrics({ query: query("observations") })).data, [{ name: "asked", count_count: /1/ }]);
like((await api.legacy.metricsV1.metrics({ query: query("traces") })).data, [{ name: "asked" }]);

like((await api.scores.getMany({ name: "quality", environment: ["default"], userId: "kim", fields: "score,trace" })).data, [{ value: 0.5, trace: { userId: "kim", tags: ["red"] } }]);
const score = (await api.scoresV3.getManyV3({ traceId, fields: "details,subject,annotation" })).data[0];
like(score, { name: "quality", value: 0.5, subject: { kind: "observation", id: observationId, traceId } });
like(await api.scores.getById(score.id), { id: score.id });
like((await api.scores.getMany({ filter: JSON.stringify([{ type: "string", column: "name", operator: "=", value: "quality" }]) })).data, [{ id: score.id }]);
like((await api.scoresV3.getManyV3({ dataType: "BOOLEAN", sessionId: "s", fields: "subject" })).data, [{ value: true, subject: { kind: "session", id: "s" } }]);

const config = await api.scoreConfigs.create({ name: "grade", dataType: "CATEGORICAL", categories: [{ label: "good", value: 1 }, { label: "bad", value: 0 }], description: "by hand" });
like(config, { id: /./, isArchived: false, categories: [{ label: "good", value: 1 }, {}] });
like(await api.scoreConfigs.get({ limit: 5 }), { data: [{ id: config.id }] });
like(await api.scoreConfigs.getById(config.id), { name: "grade" });
const made = await api.legacy.scoreV1.create({ traceId, name: "grade", value: "good", configId: config.id, metadata: { m: 1 } });
like(await api.scores.getById(made.id), { stringValue: "good", value: 1, configId: config.id, metadata: { m: 1 } });
await api.legacy.scoreV1.delete(made.id);
like(await api.scoreConfigs.update(config.id, { description: "changed", isArchived: true }), { description: "changed", isArchived: true });

const comment = await api.comments.create({ projectId: project.id, objectType: "TRACE", objectId: traceId, content: "봐요", authorUserId: "u1" });
like(await api.comments.getById(comment.id), { content: "봐요", objectType: "TRACE", authorUserId: "u1" });
like((await api.comments.get({ objectType: "TRACE", objectId: traceId })).data, { length: 1 });

const rated = await api.scoreConfigs.create({ name: "stars", dataType: "NUMERIC", minValue: 1, maxValue: 5 });
const queue = await api.annotationQueues.createQueue({ name: "to read", description: "this week", scoreConfigIds: [rated.id] });
like(await api.annotationQueues.getQueue(queue.id), { name: "to read", scoreConfigIds: [rated.id] });
like((await api.annotationQueues.listQueues({ limit: 5 })).data, { length: 1 });
const item = await api.annotationQueues.createQueueItem(queue.id, { objectId: traceId, objectType: "TRACE" });
like(await api.annotationQueues.getQueueItem(queue.id, item.id), { status: "PENDING", objectId: traceId });
like(await api.annotationQueues.updateQueueItem(queue.id, item.id, { status: "COMPLETED" }), { status: "COMPLETED", completedAt: /^2/ });
like((await api.annotationQueues.listQueueItems(queue.id, { status: "COMPLETED" })).data, { length: 1 });
like(await api.annotationQueues.createQueueAssignment(queue.id, { userId: "u1" }), { userId: "u1", queueId: queue.id });
like(await api.annotationQueues.deleteQueueAssignment(queue.id, { userId: "u1" }), { success: true });
like(await api.annotationQueues.deleteQueueItem(queue.id, item.id), { success: true });

const tiers = [{ name: "Standard", isDefault: true, priority: 0, conditions: [], prices: { input: 0.25, output: 0.5 } }];
const flat = await api.models.create({ modelName: "0 flat", matchPattern: "(?i)^flat$", unit: "TOKENS", inputPrice: 0.1, outputPrice: 0.2 });
like(flat, { inputPrice: 0.1, prices: { input: { price: 0.1 } }, isLangfuseManaged: false });
like(await api.models.create({ modelName: "1 tiers", matchPattern: "(?i)^tiers$", unit: "TOKENS", pricingTiers: tiers }), { inputPrice: 0.25, outputPrice: 0.5, pricingTiers: [{ prices: { input: 0.25, output: 0.5 } }] });
like(await api.models.get(flat.id), { modelName: "0 flat" });
like(await api.models.list({ limit: 2 }), { data: [{ modelName: "0 flat" }, { modelName: "1 tiers" }] });
like(await api.models.upsert("an-id", { modelName: "1 tiers", matchPattern: "^x$", unit: "TOKENS", totalPrice: 3 }), { id: "an-id", totalPrice: 3 });
await api.models.delete(flat.id);

like(await api.ingestion.batch({ batch: [{ id: "e", type: "trace-create", timestamp: from, body: { id: "by hand", name: "by hand" } }] }), { successes: [{ id: "e", status: 201 }], errors: [] });
like(await api.trace.delete("by hand"), { message: /./ });
like(await api.trace.deleteMultiple({ traceIds: [traceId] }), { message: /./ });
await assert.rejects(api.trace.get(traceId), (error) => error.statusCode === 404);
await shutdown();
