// @langfuse/otel and @langfuse/client 5.x: files in payloads and in items of datasets.
import assert from "node:assert/strict";
import { LangfuseMedia } from "@langfuse/client";
import { startObservation } from "@langfuse/tracing";
import { flush, langfuse, shutdown } from "./v5.mjs";
import { like } from "./check.mjs";

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const span = startObservation("seen", { input: { image: "data:image/png;base64," + png }, output: "data:image/png;base64," + png });
span.end();
await flush();

const read = await langfuse.api.legacy.observationsV1.get(span.id);
const tag = read.input.image;
assert.match(tag, /^@@@langfuseMedia:type=image\/png\|id=[\w-]{22}\|source=base64_data_uri@@@$/);
assert.equal(read.output, tag);
like(await langfuse.media.resolveReferences({ obj: read, resolveWith: "base64DataUri" }), { input: { image: "data:image/png;base64," + png } });
like(await langfuse.api.media.get(/id=([\w-]+)/.exec(tag)[1]), { contentType: "image/png", url: /^http/ });

await langfuse.api.datasets.create({ name: "pictures" });
const file = new LangfuseMedia({ contentType: "image/png", contentBytes: Buffer.from(png, "base64"), source: "bytes" });
const item = await langfuse.dataset.createItem({ datasetName: "pictures", input: { picture: file }, expectedOutput: "a dot" });
assert.match(item.input.picture, /^@@@langfuseMedia:type=image\/png\|/);
const whole = await langfuse.media.resolveReferences({ obj: { input: (await langfuse.api.datasetItems.get(item.id)).input }, resolveWith: "base64DataUri" });
assert.equal(whole.input.picture.split(",")[1], png);
await shutdown();
