// What the scripts for version 5 share: OpenTelemetry with Langfuse's processor, and the client.
import { LangfuseClient } from "@langfuse/client";
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // Node.js 18 has it only there

const processor = new LangfuseSpanProcessor({ environment: "staging", release: "r-9" });
const provider = new NodeTracerProvider({ spanProcessors: [processor] });
provider.register();

export const langfuse = new LangfuseClient();

/** flush has everything on the server when it returns. */
export const flush = () => Promise.all([processor.forceFlush(), langfuse.flush()]);

/** shutdown ends both. */
export const shutdown = () => Promise.all([provider.shutdown(), langfuse.shutdown()]);
