import { expect, test } from "vitest";
import { codeOf, gate, invalidToken, NoLocks, problem, settle, World } from "./world.ts";

test("without a CSRF cookie nobody asks for a session", async () => {
  const world = new World();
  const tab = world.tab();
  const started = tab.start();
  expect(tab.state).toEqual({ status: "signed_out", reason: "never" });
  await started;
  expect(world.provider.seen).toEqual([]);
});

test("a session from before is picked up by one silent refresh", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  expect(tab.state).toMatchObject({ status: "signed_in", user: { sub: "u-1", username: "hanako" } });
  expect(world.provider.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /auth/refresh"]);
  expect(world.provider.seen[0]?.headers.get("x-csrf-token")).toBe("csrf-1");
  await tab.start();
  expect(world.provider.count("/auth/refresh")).toBe(1);
});

test("refreshes at the same time share one request", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  await Promise.all(Array.from({ length: 20 }, () => tab.refresh()));
  expect(world.provider.count("/auth/refresh")).toBe(2);
  await tab.refresh();
  expect(world.provider.count("/auth/refresh")).toBe(3);
});

test("they share it without Web Locks, too", async () => {
  const world = new World();
  const tab = await world.signedInTab({ locks: new NoLocks() });
  await Promise.all(Array.from({ length: 20 }, () => tab.refresh()));
  expect(world.provider.count("/auth/refresh")).toBe(2);
});

test("ten tabs whose tokens are refused at once do one refresh", async () => {
  const world = new World();
  const tabs = [await world.signedInTab()];
  for (let n = 1; n < 10; n++) tabs.push(await world.signedInTab());
  const before = world.provider.count("/auth/refresh");
  world.provider.refuseAllTokens();
  const answers = await Promise.all(tabs.map((tab) => tab.protected()));
  expect(answers).toHaveLength(10);
  expect(world.provider.count("/auth/refresh") - before).toBe(1);
});

test("tabs that a browser restores together do one refresh", async () => {
  const world = new World();
  world.provider.openSession();
  const tabs = Array.from({ length: 8 }, () => world.tab());
  await Promise.all(tabs.map((tab) => tab.start()));
  expect(world.provider.count("/auth/refresh")).toBe(1);
  expect(tabs.map((tab) => tab.state.status)).toEqual(Array(8).fill("signed_in"));
});

test("a tab whose predecessor failed asks for itself after a moment", async () => {
  const world = new World();
  world.provider.openSession();
  const held = gate();
  world.provider.answers.set("/auth/refresh", async () => {
    await held.opened;
    world.provider.answers.delete("/auth/refresh");
    return problem(503, "temporarily_unavailable");
  });
  const [first, second] = [world.tab(), world.tab()];
  const started = [first.start(), second.start()];
  await settle();
  held.open();
  await settle();
  expect(second.state.status).toBe("starting");
  await world.clock.advance(250);
  await Promise.all(started);
  expect(second.state.status).toBe("signed_in");
  // And what it got is handed to the one that failed.
  expect(first.state.status).toBe("signed_in");
  expect(world.provider.count("/auth/refresh")).toBe(2);
});

test("a request refused with invalid_token is sent once more with a fresh token", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.refuseAllTokens();
  await expect(tab.protected()).resolves.toMatchObject({ message: "welcome" });
  const [first, second] = world.provider.seen.filter(({ path }) => path === "/api/protected");
  expect(first?.headers.get("authorization")).not.toBe(second?.headers.get("authorization"));
  expect(tab.timeline.events.slice(-4)).toMatchObject([
    { kind: "request", method: "GET", path: "/api/protected", status: 401, code: "invalid_token" },
    { kind: "refresh", method: "POST", path: "/auth/refresh", status: 200, code: null },
    { kind: "rotation", source: "refresh" },
    { kind: "retry", method: "GET", path: "/api/protected", status: 200 },
  ]);
});

test("a body is sent again with the retry", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.refuseAllTokens();
  await tab.updateMe({ name: "Hanako" });
  const bodies = world.provider.seen.filter(({ path }) => path === "/users/me").map(({ body }) => body);
  expect(bodies).toEqual([{ name: "Hanako" }, { name: "Hanako" }]);
});

test("a second refusal is final and ends no session", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.answers.set("/api/protected", invalidToken);
  expect(await codeOf(tab.protected())).toBe("invalid_token");
  expect(world.provider.count("/api/protected")).toBe(2);
  expect(world.provider.count("/auth/refresh")).toBe(2);
  expect(tab.state.status).toBe("signed_in");
});

test("other refusals are not repeated", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.answers.set("/users", () => problem(403, "insufficient_scope"));
  expect(await codeOf(tab.users())).toBe("insufficient_scope");
  world.provider.answers.set("/users", () => problem(401, "missing_token"));
  expect(await codeOf(tab.users())).toBe("missing_token");
  expect(world.provider.count("/users")).toBe(2);
  expect(world.provider.count("/auth/refresh")).toBe(1);
});

test("requests that are refused together cause one refresh", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.refuseAllTokens();
  await Promise.all(Array.from({ length: 12 }, () => tab.protected()));
  expect(world.provider.count("/auth/refresh")).toBe(2);
  expect(world.provider.count("/api/protected")).toBe(24);
});

test("a refusal that arrives after the refresh only repeats the request", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  const late = gate();
  let first = true;
  world.provider.answers.set("/users", async () => {
    if (!first) return Response.json({ users: [], next_cursor: null });
    first = false;
    await late.opened;
    return invalidToken();
  });
  const users = tab.users();
  await tab.refresh();
  late.open();
  await expect(users).resolves.toEqual({ users: [], next_cursor: null });
  expect(world.provider.count("/auth/refresh")).toBe(2);
});

test("a token that is about to end is renewed before the request", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  await world.clock.advance(889_000);
  await tab.protected();
  expect(world.provider.count("/auth/refresh")).toBe(1);
  await world.clock.advance(1_000);
  await Promise.all([tab.protected(), tab.protected()]);
  expect(world.provider.count("/auth/refresh")).toBe(2);
  expect(tab.timeline.events.some((event) => "status" in event && event.status === 401)).toBe(false);
});

test("a short-lived token is not renewed at every request", async () => {
  const world = new World();
  world.provider.lifetime = 2;
  const tab = await world.signedInTab();
  await world.clock.advance(1_700);
  await tab.protected();
  expect(world.provider.count("/auth/refresh")).toBe(1);
  await world.clock.advance(200);
  await tab.protected();
  expect(world.provider.count("/auth/refresh")).toBe(2);
});

test("without renewal ahead an expired token is left to the provider to refuse", async () => {
  const world = new World();
  const tab = await world.signedInTab({ renewAhead: false });
  await world.clock.advance(1_000_000);
  world.provider.refuseAllTokens();
  await tab.protected();
  const kinds = tab.timeline.events.map((event) =>
    "status" in event ? `${event.kind} ${event.status ?? 0}` : "",
  );
  expect(kinds.filter(Boolean)).toEqual(["refresh 200", "request 401", "refresh 200", "retry 200"]);
});

test("an idle page renews nothing, so that its session can end", async () => {
  const world = new World();
  await world.signedInTab();
  await world.clock.advance(86_400_000);
  expect(world.provider.count("/auth/refresh")).toBe(1);
});

test("a renewal ahead of time that fails leaves the token in use", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  await world.clock.advance(895_000);
  world.provider.answers.set("/auth/refresh", () => problem(503, "overloaded"));
  await expect(tab.protected()).resolves.toMatchObject({ message: "welcome" });
  expect(tab.state.status).toBe("signed_in");
});

test("a broken access token shows the refusal, the refresh and the retry", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  tab.spoilAccessToken();
  expect(tab.inspect()?.accessToken?.claims["username"]).toBe("hanako");
  await tab.protected();
  await tab.protected();
  const requests = tab.timeline.events.flatMap((event) =>
    "status" in event ? [`${event.kind} ${event.status ?? 0}`] : [],
  );
  expect(requests).toEqual(["refresh 200", "request 401", "refresh 200", "retry 200", "request 200"]);
});
