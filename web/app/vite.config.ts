import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const sdk = (path: string) => fileURLToPath(new URL(`../sdk/src/${path}`, import.meta.url));

/** Where `npm run dev` finds the provider. */
const provider = process.env["TEGATA_PROVIDER"] ?? "http://127.0.0.1:8080";
// The provider compares `Origin` with its own address; through the proxy the page has the dev server's.
const proxied = { target: provider, changeOrigin: true, headers: { origin: provider } };

/** The first paint waits for the script, so that a remembered theme never flashes the other one. */
const blockFirstPaint: Plugin = {
  name: "tegata:block-first-paint",
  transformIndexHtml: {
    order: "post",
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  plugins: [react(), blockFirstPaint],
  resolve: {
    alias: [
      { find: /^@tegata\/sdk\/react$/, replacement: sdk("react.ts") },
      { find: /^@tegata\/sdk$/, replacement: sdk("index.ts") },
    ],
  },
  build: {
    // The policy is `default-src 'self'`: no `data:` images, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: {
    proxy: { "/auth": proxied, "/users": proxied, "/api": proxied, "/.well-known": proxied },
  },
});
