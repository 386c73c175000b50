import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The suites are short: more workers would only start up for longer.
    maxWorkers: 2,
    projects: ["web/sdk", "web/app", "infra"],
  },
});
