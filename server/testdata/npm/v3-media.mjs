// langfuse 3.x: files in payloads are uploaded, referred to, and put back.
import assert from "node:assert/strict";
import { Langfuse, LangfuseMedia } from "langfuse";
import { like } from "./check.mjs";

const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const langfuse = new Langfuse();
await langfuse.fetchTraces({}); // meanwhile it has imported what it hashes with
const trace = langfuse.trace({ id: "v3-media", name: "seen", input: { image: "data:image/png;base64," + png } });
trace.generation({
  id: "v3-file", name: "read", input: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64," + png } }] }],
  metadata: { file: new LangfuseMedia({ contentType: "text/plain", contentBytes: Buffer.from("안녕, a file") }) },
}).end();
await langfuse.flushAsync();

const { data: read } = await langfuse.fetchTrace("v3-media");
const reference = LangfuseMedia.parseReferenceString(read.input.image);
like(reference, { contentType: "image/png", source: "base64_data_uri", mediaId: /^[\w-]{22}$/ });
const media = await langfuse.fetchMedia(reference.mediaId);
like(media, { mediaId: reference.mediaId, contentType: "image/png", contentLength: Buffer.from(png, "base64").length });
assert.equal(Buffer.from(await (await fetch(media.url)).arrayBuffer()).toString("base64"), png);
const { data: observation } = await langfuse.fetchObservation("v3-file");
assert.equal(LangfuseMedia.parseReferenceString(observation.input[0].content[0].image_url.url).mediaId, reference.mediaId); // once
const whole = await langfuse.resolveMediaReferences({ obj: observation, resolveWith: "base64DataUri" });
assert.equal(whole.input[0].content[0].image_url.url, "data:image/png;base64," + png);
assert.equal(Buffer.from(whole.metadata.file.split(",")[1], "base64").toString(), "안녕, a file");
await langfuse.shutdownAsync();
