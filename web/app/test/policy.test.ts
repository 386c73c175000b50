import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

// The provider sends `default-src 'self'`: what it forbids must not be there in the first place.
const app = join(import.meta.dirname, "..");
const files = readdirSync(join(app, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:tsx?|css|svg)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(app, "src", name), "utf8") }));

test.each(files)("$name has no inline style, no foreign address and no data: URL", ({ text }) => {
  expect(text).not.toMatch(
    /\bstyle=|dangerouslySetInnerHTML|\bdata:[a-z]+\/|@import url|url\(["']?(?:https?:)?\/\//,
  );
  expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:\/\//);
});

test("the page itself has no inline script and no inline style", () => {
  const html = readFileSync(join(app, "index.html"), "utf8");
  expect(html).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|https?:\/\//);
});

test.each(files)("$name makes no markup and no script from text (Trusted Types)", ({ text }) => {
  expect(text).not.toMatch(
    /\b(?:inner|outer)HTML\b|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|\beval\(|new Function|createElement\("script|new (?:Shared)?Worker\(|serviceWorker/,
  );
});

test("storage is used for language and theme, and on the way of the flow that learners see", () => {
  const users = files.filter(({ text }) =>
    /localStorage|sessionStorage|indexedDB|document\.cookie/.test(text),
  );
  expect(users.map(({ name }) => name).sort()).toEqual([
    join("inspector", "flow", "round-trip.ts"),
    "preferences.ts",
  ]);
});

test("the provider is reached through the SDK only, but where a flow is shown as any client runs it", () => {
  const users = files.filter(({ text }) =>
    /\bfetch\(|XMLHttpRequest|sendBeacon|EventSource|WebSocket/.test(text),
  );
  expect(users.map(({ name }) => name)).toEqual([join("inspector", "flow", "provider.ts")]);
});
