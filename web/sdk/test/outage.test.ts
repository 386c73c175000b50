import { expect, test } from "vitest";
import { codeOf, FakeProvider, gate, invalidToken, problem, settle, World } from "./world.ts";

const failures: Record<string, () => Response> = {
  "a store that cannot answer": () => problem(503, "temporarily_unavailable"),
  "a full queue": () => problem(503, "overloaded", {}, { "retry-after": "2" }),
  "too many attempts": () => problem(429, "too_many_attempts", {}, { "retry-after": "2" }),
  "a fault of the provider": () => problem(500, "internal_error"),
  "a lost connection": () => {
    throw new TypeError("Failed to fetch");
  },
  "a proxy's error page": () => new Response("<h1>Bad gateway</h1>", { status: 502 }),
  "a captive portal": () => new Response("<h1>Please pay</h1>", { status: 200 }),
  "an empty answer": () => Response.json({}),
  "a token of an unknown type": () => Response.json({ ...new FakeProvider().tokens(), token_type: "N_A" }),
  "a token that is none": () => Response.json({ ...new FakeProvider().tokens(), access_token: "a.b.c" }),
  "a CSRF token that does not fit": () => problem(403, "csrf_failed"),
  "another 401 than invalid_grant": () => problem(401, "missing_token"),
};

test.each(Object.entries(failures))("%s at the start ends no session", async (_, answer) => {
  const world = new World();
  world.provider.answers.set("/auth/refresh", answer);
  const tab = await world.signedInTab();
  expect(tab.state).toMatchObject({ status: "unreachable", user: null });
  world.provider.answers.clear();
  await world.clock.advance(2_000);
  expect(tab.state.status).toBe("signed_in");
});

test.each(Object.entries(failures))("%s later on ends no session and logs out no tab", async (_, answer) => {
  const world = new World();
  const tab = await world.signedInTab();
  const other = await world.signedInTab();
  world.provider.refuseAllTokens();
  world.provider.answers.set("/auth/refresh", answer);
  expect(await codeOf(tab.protected())).not.toBe("not_signed_in");
  expect(tab.state).toMatchObject({ status: "unreachable", user: { username: "hanako" } });
  expect(other.state.status).toBe("signed_in");
  world.provider.answers.clear();
  await world.clock.advance(2_000);
  expect(tab.state.status).toBe("signed_in");
  await expect(tab.protected()).resolves.toMatchObject({ message: "welcome" });
});

test("the provider's Retry-After is kept", async () => {
  const world = new World();
  world.provider.answers.set("/auth/refresh", () => problem(503, "overloaded", {}, { "retry-after": "60" }));
  await world.signedInTab();
  await world.clock.advance(59_000);
  expect(world.provider.count("/auth/refresh")).toBe(1);
  await world.clock.advance(1_000);
  expect(world.provider.count("/auth/refresh")).toBe(2);
});

test("tries grow rarer, up to twice a minute", async () => {
  const world = new World();
  world.provider.answers.set("/auth/refresh", () => problem(500, "internal_error"));
  await world.signedInTab();
  await world.clock.advance(31_000);
  expect(world.provider.count("/auth/refresh")).toBe(1 + 5);
  await world.clock.advance(300_000);
  expect(world.provider.count("/auth/refresh")).toBe(1 + 5 + 10);
});

test("a page that comes back asks at once", async () => {
  const world = new World();
  world.provider.answers.set("/auth/refresh", () => problem(503, "overloaded", {}, { "retry-after": "600" }));
  const tab = await world.signedInTab();
  world.provider.answers.clear();
  await tab.recheck();
  expect(tab.state.status).toBe("signed_in");
});

test("a token that was refused is not sent again while there is no other", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.refuseAllTokens();
  world.provider.answers.set("/auth/refresh", () => problem(503, "overloaded"));
  expect(await codeOf(tab.protected())).toBe("overloaded");
  expect(await codeOf(tab.protected())).toBe("overloaded");
  expect(world.provider.count("/api/protected")).toBe(1);
});

test("a client that is closed while it asks tries no more", async () => {
  const world = new World();
  world.provider.openSession();
  const held = gate();
  world.provider.answers.set("/auth/refresh", async () => {
    await held.opened;
    return problem(503, "overloaded");
  });
  const tab = world.tab();
  const started = tab.start();
  await settle();
  tab.close();
  held.open();
  await started;
  await world.clock.advance(600_000);
  expect(world.provider.count("/auth/refresh")).toBe(1);
});

test("a closed client tries no more", async () => {
  const world = new World();
  world.provider.answers.set("/auth/refresh", () => problem(503, "overloaded"));
  const tab = await world.signedInTab();
  tab.close();
  await world.clock.advance(600_000);
  expect(world.provider.count("/auth/refresh")).toBe(1);
});

test("a refresh without an answer is given up and blocks no other tab", async () => {
  const world = new World();
  world.provider.answers.set(
    "/auth/refresh",
    ({ init }) =>
      new Promise((_, reject) => {
        init.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
      }),
  );
  world.provider.openSession();
  const tab = world.tab();
  void tab.start();
  await settle();
  world.provider.answers.clear();
  const other = world.tab();
  void other.start();
  await world.clock.advance(14_000);
  expect(other.state.status).toBe("starting");
  await world.clock.advance(2_000);
  expect(other.state.status).toBe("signed_in");
});

test("only invalid_grant ends the session", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  const other = await world.signedInTab();
  world.provider.refuseAllTokens();
  world.provider.answers.set("/auth/refresh", () => problem(401, "invalid_grant"));
  expect(await codeOf(tab.protected())).toBe("not_signed_in");
  expect(tab.state).toEqual({ status: "signed_out", reason: "ended" });
  await settle();
  expect(other.state).toEqual({ status: "signed_out", reason: "ended" });
});

test("a session whose cookies are gone has ended, and nothing is sent", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.endSession();
  world.provider.answers.set("/api/protected", invalidToken);
  expect(await codeOf(tab.protected())).toBe("not_signed_in");
  expect(world.provider.count("/auth/refresh")).toBe(1);
  expect(tab.state).toEqual({ status: "signed_out", reason: "ended" });
});

test("a request by someone who is not logged in is not sent", async () => {
  const world = new World();
  const tab = world.tab();
  await tab.start();
  expect(await codeOf(tab.protected())).toBe("not_signed_in");
  expect(world.provider.seen).toEqual([]);
});

test("a request at the start waits for the silent refresh", async () => {
  const world = new World();
  world.provider.openSession();
  const held = gate();
  world.provider.answers.set("/auth/refresh", async () => {
    await held.opened;
    return Response.json(world.provider.tokens());
  });
  const tab = world.tab();
  void tab.start();
  const answer = tab.protected();
  await settle();
  expect(world.provider.count("/api/protected")).toBe(0);
  held.open();
  await expect(answer).resolves.toMatchObject({ message: "welcome" });
  expect(world.provider.count("/auth/refresh")).toBe(1);
});
