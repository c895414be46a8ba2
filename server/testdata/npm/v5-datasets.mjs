// @langfuse/client 5.x: datasets, links of items, and experiments with evaluators.
import assert from "node:assert/strict";
import { startObservation } from "@langfuse/tracing";
import { flush, langfuse, shutdown } from "./v5.mjs";
import { like, named } from "./check.mjs";

const name = "capital cities/서울";
await langfuse.api.datasets.create({ name, description: "of countries", metadata: { by: "kim" } });
for (const [country, city] of Object.entries({ 한국: "서울", France: "Paris", Japan: "도쿄" })) {
  await langfuse.dataset.createItem({ datasetName: name, id: "item-" + city, input: { country }, expectedOutput: city, metadata: { n: city.length } });
}
const dataset = await langfuse.dataset.get(name, { fetchItemsPageSize: 2 });
like(dataset, { name, description: "of countries", metadata: { by: "kim" }, items: { length: 3 } });

const span = startObservation("by hand", { input: dataset.items[0].input });
like(await dataset.items[0].link(span, "linked", { description: "a try", metadata: { m: 1 } }), { datasetItemId: dataset.items[0].id, traceId: span.traceId, observationId: span.id });
span.end();

const cities = { 한국: "서울", France: "Lyon", Japan: "도쿄" };
const result = await dataset.runExperiment({
  name: "cities", runName: "cities, first", description: "from memory", metadata: { model: "m" },
  task: async ({ input }) => cities[input.country],
  evaluators: [async ({ output, expectedOutput }) => ({ name: "exact", value: output === expectedOutput ? 1 : 0, comment: output })],
  runEvaluators: [async ({ itemResults }) => ({ name: "accuracy", value: itemResults.filter((r) => r.evaluations[0].value === 1).length / itemResults.length })],
});
assert.equal(result.itemResults.length, 3);
assert.ok(result.datasetRunId);
assert.match(await result.format({ includeItemResults: true }), /accuracy/);
await flush();

const run = await langfuse.api.datasets.getRun(name, "cities, first");
like(run, { id: result.datasetRunId, description: "from memory", metadata: { model: "m" }, datasetRunItems: { length: 3 } });
like((await langfuse.api.datasets.getRuns(name)).data, { length: 2 });
like((await langfuse.api.datasetRunItems.list({ datasetId: dataset.id, runName: "linked" })).data, [{ observationId: span.id }]);
for (const item of result.itemResults) {
  const trace = await langfuse.api.trace.get(item.traceId);
  like(trace, { environment: "sdk-experiment", input: item.item.input, output: item.output });
  like(named(trace.observations, "experiment-item-run"), { input: item.item.input, output: item.output });
  like(named(trace.scores, "exact"), { value: item.output === item.item.expectedOutput ? 1 : 0, comment: item.output });
}
like((await langfuse.api.scores.getMany({ datasetRunId: result.datasetRunId })).data, [{ name: "accuracy", value: 2 / 3 }]);
const local = await langfuse.experiment.run({ name: "local data", data: [{ input: 1, expectedOutput: 2 }], task: async ({ input }) => input + 1 });
like(local.itemResults, [{ output: 2 }]);
assert.equal(local.datasetRunId, undefined);

like(await langfuse.api.datasets.get(name), { name });
like(await langfuse.api.datasets.list(), { data: [{ name }] });
like(await langfuse.api.datasetItems.get("item-Paris"), { expectedOutput: "Paris", mediaReferences: [] });
await langfuse.api.datasetItems.delete("item-Paris");
like(await langfuse.api.datasetItems.list({ datasetName: name }), { meta: { totalItems: 2 } });
await langfuse.api.datasets.deleteRun(name, "linked");
await shutdown();
