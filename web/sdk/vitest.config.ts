import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "sdk", include: ["test/**/*.test.{ts,tsx}"], environment: "node", testTimeout: 30_000 },
});
