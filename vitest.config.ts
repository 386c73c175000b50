import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Two cores are shared with other work; the suites are short.
    maxWorkers: 2,
    projects: ["web/sdk", "web/app"],
  },
});
