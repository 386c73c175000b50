import { readdirSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { findCsrfToken } from "../src/environment.ts";
import { codeOf, invalidToken, World } from "./world.ts";

test("no storage is touched: tokens are in memory only", () => {
  const folder = new URL("../src/", import.meta.url);
  for (const file of readdirSync(folder)) {
    const source = readFileSync(new URL(file, folder), "utf8");
    expect(source, file).not.toMatch(/localStorage|sessionStorage|indexedDB|caches\b|document\.cookie\s*=/);
  }
});

test("neither the timeline nor the state nor the client itself shows a token", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  tab.spoilAccessToken();
  await tab.protected();
  const token = [...world.provider.valid].at(-1) ?? "";
  const shown = [tab.timeline.events, tab.state, tab.inspect(), tab].map((value) =>
    inspect(value, { depth: 9, showHidden: true, getters: true }),
  );
  expect(token).toMatch(/\.Sig\d+$/);
  for (const text of shown) {
    expect(text).not.toContain(token);
    expect(text).not.toMatch(/Sig\d|csrf-1/);
  }
});

test("the timeline holds no query and keeps to the last hundred", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  for (let n = 0; n < 120; n++) await tab.users({ limit: 1, cursor: "secret" });
  expect(tab.timeline.events).toHaveLength(100);
  expect(JSON.stringify(tab.timeline.events)).not.toContain("secret");
  expect(world.provider.seen.at(-1)?.url).toBe("http://127.0.0.1:8080/users?limit=1&cursor=secret");
});

test("the access token goes to the provider's origin and no further", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  const before = world.provider.seen.length;
  for (const url of [
    "https://elsewhere.example/api",
    "//elsewhere.example/api",
    "http://127.0.0.1:8081/api",
    "https://127.0.0.1:8080/api",
    "http://127.0.0.1:8080@elsewhere.example/",
    "data:text/plain,x",
    "http://",
  ]) {
    expect(await codeOf(tab.fetch(url)), url).toBe("origin_not_allowed");
  }
  expect(world.provider.seen).toHaveLength(before);
  await tab.fetch("/api/own");
  expect(world.provider.seen.at(-1)?.headers.get("authorization")).toMatch(/^Bearer /);
});

test("an allowed origin gets the token but no cookies, and redirects are not followed", async () => {
  const world = new World();
  const tab = await world.signedInTab({ allowedOrigins: ["https://api.example/ignored"] });
  await tab.fetch("https://api.example/things?x=1", { headers: { "x-own": "1" } });
  const seen = world.provider.seen.at(-1);
  expect(seen?.headers.get("authorization")).toMatch(/^Bearer /);
  expect(seen?.headers.get("x-own")).toBe("1");
  expect(seen?.init).toMatchObject({ credentials: "omit", redirect: "error", cache: "no-store" });
  expect(tab.timeline.events.at(-1)).toMatchObject({ path: "https://api.example/things" });
});

test("a caller's own request is retried once, a stream is not", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.refuseAllTokens();
  expect((await tab.fetch("/api/own", { method: "post", body: '{"a":1}' })).status).toBe(200);
  expect(world.provider.seen.filter(({ path }) => path === "/api/own").map(({ body }) => body)).toEqual([
    { a: 1 },
    { a: 1 },
  ]);
  world.provider.answers.set("/api/stream", invalidToken);
  const stream = new ReadableStream();
  expect((await tab.fetch("/api/stream", { method: "POST", body: stream })).status).toBe(401);
  expect(world.provider.count("/api/stream")).toBe(1);
});

test("cookies go along to the provider", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  await tab.protected();
  for (const { init } of world.provider.seen) {
    expect(init).toMatchObject({ credentials: "same-origin", redirect: "error" });
  }
});

test("what the caller aborts is aborted", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  expect(await codeOf(tab.fetch("/api/own", { signal: AbortSignal.abort() }))).toBe("aborted");
  const controller = new AbortController();
  world.provider.answers.set("/api/slow", ({ init }) => {
    controller.abort();
    expect(init.signal?.aborted).toBe(true);
    throw new DOMException("", "AbortError");
  });
  expect(await codeOf(tab.fetch("/api/slow", { signal: controller.signal }))).toBe("aborted");
});

test("on https only the __Host- cookie counts, on loopback only the plain one", () => {
  const cookies = "a=b; tegata_csrf=plain; x__Host-tegata_csrf=no; __Host-tegata_csrf=host=1; c";
  expect(findCsrfToken(cookies, true)).toBe("host=1");
  expect(findCsrfToken(cookies, false)).toBe("plain");
  expect(findCsrfToken("", true)).toBeNull();
  expect(findCsrfToken("tegata_csrf=", false)).toBeNull();
});

test.each(["\u2000", "\u00a0", "\ufeff", "\u3000"])(
  "a cookie whose name only looks like the prefix to a page is another's (%j)",
  (space) => {
    const planted = `${space}__Host-tegata_csrf=planted`;
    expect(findCsrfToken(`${planted}; __Host-tegata_csrf=own`, true)).toBe("own");
    expect(findCsrfToken(planted, true)).toBeNull();
    expect(findCsrfToken(`__Host-tegata_csrf${space}=planted`, true)).toBeNull();
  },
);
