// langfuse 3.x: datasets, their items, and runs that link items to traces.
import assert from "node:assert/strict";
import { Langfuse } from "langfuse";
import { like, named } from "./check.mjs";

const langfuse = new Langfuse();
like(await langfuse.createDataset({ name: "capital cities/서울", description: "of countries", metadata: { by: "kim" } }), { name: "capital cities/서울", description: "of countries", metadata: { by: "kim" } });
await langfuse.createDataset("plain");
for (const [country, city] of Object.entries({ 한국: "서울", France: "Paris" })) {
  await langfuse.createDatasetItem({ datasetName: "capital cities/서울", id: "item-" + city, input: { country }, expectedOutput: city, metadata: { n: city.length } });
}
await langfuse.createDatasetItem({ datasetName: "capital cities/서울", input: "unwanted", id: "item-old" });
like(await langfuse.createDatasetItem({ datasetName: "capital cities/서울", id: "item-old", status: "ARCHIVED" }), { status: "ARCHIVED", input: "unwanted" });
like(await langfuse.getDatasetItem("item-Paris"), { input: { country: "France" }, expectedOutput: "Paris", metadata: { n: 5 }, status: "ACTIVE", datasetName: "capital cities/서울" });

const dataset = await langfuse.getDataset("capital cities/서울", { fetchItemsPageSize: 1 }); // in several pages
like(dataset, { name: "capital cities/서울", description: "of countries", metadata: { by: "kim" } });
const active = dataset.items.filter((item) => item.status === "ACTIVE");
assert.equal(active.length, 2);
for (const item of active) {
  const trace = langfuse.trace({ id: "trace-" + item.id, name: "run", input: item.input });
  const generation = trace.generation({ id: "generation-" + item.id, name: "ask", output: item.expectedOutput });
  like(await item.link(generation, "first run", { description: "a try", metadata: { model: "m" } }), { datasetItemId: item.id, traceId: trace.id, observationId: generation.id, datasetRunName: "first run" });
  like(await item.link(trace, "second run"), { observationId: null });
  trace.score({ name: "exact", value: 1 });
}
await langfuse.flushAsync();
const run = await langfuse.getDatasetRun({ datasetName: "capital cities/서울", runName: "first run" });
like(run, { name: "first run", description: "a try", metadata: { model: "m" }, datasetName: "capital cities/서울", datasetRunItems: [{ datasetRunName: "first run" }, {}] });
const runs = await langfuse.getDatasetRuns("capital cities/서울", { page: 1, limit: 10 });
like(runs, { data: [{}, {}], meta: { totalItems: 2 } });
named(runs.data, "second run");

like((await langfuse.api.datasetsList({})).data, [{}, {}]);
like(await langfuse.api.datasetsGet(encodeURIComponent("capital cities/서울")), { name: "capital cities/서울" });
like((await langfuse.api.datasetItemsList({ datasetName: "capital cities/서울" })).data, { length: 3 });
like((await langfuse.api.datasetRunItemsList({ datasetId: dataset.id, runName: "first run" }, { format: "json" })).data, [{}, {}]);
like(await langfuse.api.datasetItemsDelete("item-old"), { message: /./ });
like(await langfuse.api.datasetsDeleteRun(encodeURIComponent("capital cities/서울"), "second run"), { message: /./ });
await langfuse.shutdownAsync();
