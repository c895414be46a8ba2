// @langfuse/client 5.x: prompts with labels, versions, placeholders, deletion and the fallback.
import assert from "node:assert/strict";
import { langfuse, shutdown } from "./v5.mjs";
import { like } from "./check.mjs";

like(await langfuse.prompt.create({ name: "folder/greet me", prompt: "Hello {{name}}", config: { t: 0.3 }, labels: ["production"], tags: ["a"], commitMessage: "first" }), { version: 1, commitMessage: "first" });
await langfuse.prompt.create({ name: "folder/greet me", prompt: "Hi {{name}}", labels: ["staging"] });
const text = await langfuse.prompt.get("folder/greet me");
like(text, { version: 1, type: "text", config: { t: 0.3 }, labels: ["production"], tags: ["a"], isFallback: false });
assert.equal(text.compile({ name: "김" }), "Hello 김");
assert.equal(text.getLangchainPrompt(), "Hello {name}");
like(await langfuse.prompt.get("folder/greet me", { label: "staging" }), { version: 2 });
like(await langfuse.prompt.get("folder/greet me", { version: 1, cacheTtlSeconds: 0 }), { version: 1 });

await langfuse.prompt.create({
  name: "chat", type: "chat", labels: ["production"],
  prompt: [{ role: "system", content: "You speak {{language}}" }, { type: "placeholder", name: "history" }, { role: "user", content: "{{question}}" }],
});
const chat = await langfuse.prompt.get("chat", { type: "chat" });
like(chat.compile({ language: "한국어", question: "왜?" }, { history: [{ role: "assistant", content: "네" }] }), [
  { role: "system", content: "You speak 한국어" }, { role: "assistant", content: "네" }, { role: "user", content: "왜?" },
]);
like(chat.compile({ language: "a", question: "b" }), [{}, { type: "placeholder", name: "history" }, {}]);
like(chat.getLangchainPrompt(), [{ content: "You speak {language}" }, ["placeholder", "{history}"], {}]);

like(await langfuse.prompt.update({ name: "folder/greet me", version: 2, newLabels: ["production"] }), { version: 2 });
like(await langfuse.prompt.get("folder/greet me", { cacheTtlSeconds: 0 }), { version: 2 });
const fallback = await langfuse.prompt.get("none", { fallback: "instead", maxRetries: 0 });
assert.ok(fallback.isFallback);
await assert.rejects(langfuse.prompt.get("none", { version: 3, maxRetries: 0 }));

like(await langfuse.api.prompts.list({ tag: "a", limit: 10 }), { data: [{ name: "folder/greet me", versions: [1, 2], type: "text" }], meta: { totalItems: 1 } });
await langfuse.prompt.delete("folder/greet me", { version: 1 });
like(await langfuse.api.prompts.list({ name: "folder/greet me" }), { data: [{ versions: [2] }] });
await langfuse.prompt.delete("folder/greet me");
like(await langfuse.api.prompts.list({}), { data: [{ name: "chat" }] });
like(await langfuse.api.promptVersion.update("chat", 1, { newLabels: ["blue"] }), { labels: /blue/ });
await shutdown();
