import { mergeConfig } from "vite";
import { defineConfig } from "vitest/config";
import app from "./vite.config.ts";

export default mergeConfig(
  app,
  defineConfig({
    test: { name: "app", include: ["test/**/*.test.{ts,tsx}"], environment: "jsdom", testTimeout: 30_000 },
  }),
);
