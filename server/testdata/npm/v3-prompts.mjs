// langfuse 3.x: prompts by label and version, the fallback, both kinds compiled, and for LangChain.
import assert from "node:assert/strict";
import { Langfuse } from "langfuse";
import { like } from "./check.mjs";

const langfuse = new Langfuse();
const first = await langfuse.createPrompt({
  name: "folder/greet me", prompt: "Hello {{name}}, from {{city}}", config: { temperature: 0.3, json: { a: [1] } }, labels: ["production"], tags: ["a", "b"], commitMessage: "first",
});
like(first, { version: 1, labels: ["production", "latest"], tags: ["a", "b"], type: "text" });
await langfuse.createPrompt({ name: "folder/greet me", type: "text", prompt: "Hi {{name}}", labels: ["staging"] });
like(await langfuse.getPrompt("folder/greet me"), { version: 1, config: { temperature: 0.3, json: { a: [1] } }, commitMessage: "first" });
like(await langfuse.getPrompt("folder/greet me", undefined, { label: "staging" }), { version: 2, prompt: "Hi {{name}}" });
like(await langfuse.getPrompt("folder/greet me", undefined, { label: "latest" }), { version: 2, labels: ["staging", "latest"] });
like(await langfuse.getPrompt("folder/greet me", 1), { version: 1 });
assert.equal(first.compile({ name: "김", city: "서울" }), "Hello 김, from 서울");
assert.equal(first.getLangchainPrompt(), "Hello {name}, from {city}");

const written = [{ role: "system", content: "You speak {{language}}" }, { type: "placeholder", name: "history" }, { role: "user", content: "{{question}}" }];
await langfuse.createPrompt({ name: "chat", type: "chat", prompt: written, labels: ["production"] });
const chat = await langfuse.getPrompt("chat", undefined, { type: "chat", cacheTtlSeconds: 0 });
like(chat.prompt, [{ role: "system" }, { type: "placeholder", name: "history" }, { content: "{{question}}" }]);
like(chat.compile({ language: "한국어", question: "왜?" }, { history: [{ role: "assistant", content: "네" }] }), [
  { role: "system", content: "You speak 한국어" }, { role: "assistant", content: "네" }, { role: "user", content: "왜?" },
]);
like(chat.getLangchainPrompt({ placeholders: { history: [{ role: "user", content: "{{x}}" }] } }), [{ content: "You speak {language}" }, { content: "{x}" }, { content: "{question}" }]);

const fallback = await langfuse.getPrompt("none", undefined, { fallback: "instead of {{it}}", maxRetries: 0 });
assert.ok(fallback.isFallback);
assert.equal(fallback.compile({ it: "nothing" }), "instead of nothing");
await assert.rejects(langfuse.getPrompt("none", 3, { maxRetries: 0 }));

like(await langfuse.updatePrompt({ name: "folder/greet me", version: 2, newLabels: ["production"] }), { version: 2, labels: { length: 3 } });
like(await langfuse.getPrompt("folder/greet me", undefined, { cacheTtlSeconds: 0 }), { version: 2 });
like((await langfuse.getPrompt("folder/greet me", 1, { cacheTtlSeconds: 0 })).labels, []);

const list = await langfuse.api.promptsList({ page: 1, limit: 10 });
like(list.meta, { totalItems: 2 });
like(list.data.find((p) => p.name === "folder/greet me"), { versions: [1, 2], tags: ["a", "b"], type: "text", lastUpdatedAt: /^2/ });
like((await langfuse.api.promptsList({ label: "staging" })).data, [{ name: "folder/greet me" }]);
like((await langfuse.api.promptsList({ tag: "a", name: "folder/greet me" })).data, { length: 1 });
like(await langfuse.api.promptsGet({ promptName: "chat", label: "production" }), { type: "chat", version: 1 });
like(await langfuse.api.promptsCreate({ name: "made", type: "text", prompt: "x" }), { version: 1 });
like(await langfuse.api.promptVersionUpdate("made", 1, { newLabels: ["blue"] }), { labels: ["latest", "blue"] });
await langfuse.shutdownAsync();
