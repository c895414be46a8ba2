// @langfuse/client 5.x: what this server doesn't have is said so, at once, and by its status.
import assert from "node:assert/strict";
import { langfuse, shutdown } from "./v5.mjs";

const { api } = langfuse;
const from = "2026-01-01T00:00:00Z";
for (const call of [
  () => api.organizations.getOrganizationMemberships(),
  () => api.organizations.getOrganizationProjects(),
  () => api.organizations.getOrganizationApiKeys(),
  () => api.organizations.getProjectMemberships("p"),
  () => api.projects.create({ name: "n", retention: 0 }),
  () => api.projects.delete("p"),
  () => api.scim.listUsers(),
  () => api.blobStorageIntegrations.getBlobStorageIntegrations(),
  () => api.llmConnections.list(),
  () => api.evaluators.list(),
  () => api.evaluationRules.list(),
  () => api.experiments.list({ fromStartTime: from }),
  () => api.experiments.listItems({ fromStartTime: from }),
  () => api.unstable.dashboards.list(),
  () => api.unstable.dashboardWidgets.list(),
  () => api.feedback.submit({ targetType: "api", target: "x", feedback: "y" }),
]) {
  await assert.rejects(call, (error) => error.statusCode === 404 || error.statusCode === 405 || assert.fail(`${call}: ${error}`), String(call));
}
await shutdown();
