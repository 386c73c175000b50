import { expect, test } from "vitest";
import { PageLocks } from "../src/environment.ts";
import { codeOf, gate, NoLocks, problem, settle, World } from "./world.ts";

test("logging out in one tab logs out all", async () => {
  const world = new World();
  const [one, two, three] = [await world.signedInTab(), await world.signedInTab(), await world.signedInTab()];
  await one.logout();
  await settle();
  for (const tab of [one, two, three]) {
    expect(tab.state).toEqual({ status: "signed_out", reason: "signed_out" });
    expect(tab.inspect()).toBeNull();
  }
  expect(world.provider.count("/auth/logout")).toBe(1);
  const logout = world.provider.seen.find(({ path }) => path === "/auth/logout");
  expect(logout?.headers.get("x-csrf-token")).toBe("csrf-1");
});

test("logging in in one tab logs in all", async () => {
  const world = new World();
  const [one, two] = [world.tab(), world.tab()];
  await Promise.all([one.start(), two.start()]);
  const user = await one.login({ username: "hanako", password: "correct horse battery" });
  expect(user.username).toBe("hanako");
  await settle();
  expect(two.state).toMatchObject({ status: "signed_in", user: { username: "hanako" } });
  await two.protected();
  expect(world.provider.count("/auth/refresh")).toBe(0);
});

test("logging out everywhere and deleting the account log out all tabs", async () => {
  for (const end of ["logoutAll", "deleteMe"] as const) {
    const world = new World();
    const [one, two] = [await world.signedInTab(), await world.signedInTab()];
    await one[end]("a long password");
    await settle();
    expect([one.state.status, two.state.status]).toEqual(["signed_out", "signed_out"]);
  }
});

test("a logout that the provider did not hear of changes nothing", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.answers.set("/auth/logout", () => {
    throw new TypeError("Failed to fetch");
  });
  expect(await codeOf(tab.logout())).toBe("network_error");
  expect(tab.state.status).toBe("signed_in");
  world.provider.answers.set("/auth/logout", () => problem(403, "csrf_failed"));
  expect(await codeOf(tab.logout())).toBe("csrf_failed");
  expect(tab.state.status).toBe("signed_in");
});

test("a logout of a session that is already gone is a logout", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.answers.set("/auth/logout", () => problem(401, "invalid_grant"));
  await tab.logout();
  expect(tab.state).toEqual({ status: "signed_out", reason: "signed_out" });
  const other = await world.signedInTab();
  world.provider.endSession();
  await other.logout();
  expect(other.state).toEqual({ status: "signed_out", reason: "signed_out" });
  expect(world.provider.count("/auth/logout")).toBe(1);
});

test("a logout waits for the refresh of another tab", async () => {
  const world = new World();
  const [one, two] = [await world.signedInTab(), await world.signedInTab()];
  const held = gate();
  world.provider.answers.set("/auth/refresh", async () => {
    await held.opened;
    return Response.json(world.provider.tokens());
  });
  const refreshed = one.refresh();
  await settle();
  const left = two.logout();
  await settle();
  expect(world.provider.count("/auth/logout")).toBe(0);
  held.open();
  await Promise.all([refreshed, left]);
  await settle();
  expect([one.state.status, two.state.status]).toEqual(["signed_out", "signed_out"]);
});

test("a refresh that is answered after a logout brings nobody back", async () => {
  const world = new World();
  const locks = new NoLocks();
  const [one, two] = [await world.signedInTab({ locks }), await world.signedInTab({ locks })];
  const held = gate();
  world.provider.answers.set("/auth/refresh", async () => {
    await held.opened;
    return Response.json(world.provider.tokens());
  });
  const refreshed = codeOf(one.refresh());
  await settle();
  await two.logout();
  await settle();
  held.open();
  expect(await refreshed).toBe("not_signed_in");
  await settle();
  expect([one.state.status, two.state.status]).toEqual(["signed_out", "signed_out"]);
});

test.each(["temporarily_unavailable", "invalid_grant"])(
  "a refresh that fails with %s after a logout changes nothing and is not tried again",
  async (code) => {
    const world = new World();
    const [one, two] = [await world.signedInTab(), await world.signedInTab()];
    const held = gate();
    world.provider.answers.set("/auth/refresh", async () => {
      await held.opened;
      return problem(code === "invalid_grant" ? 401 : 503, code);
    });
    const refreshed = codeOf(one.refresh());
    await settle();
    await two.logoutAll();
    await settle();
    held.open();
    expect(await refreshed).toBe("not_signed_in");
    expect(one.state).toEqual({ status: "signed_out", reason: "signed_out" });
    const before = world.provider.seen.length;
    await world.clock.advance(600_000);
    expect(world.provider.seen).toHaveLength(before);
  },
);

test("a late word about an old session does not end a newer one", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  const leftAt = world.clock.now();
  await world.clock.advance(1_000);
  await tab.login({ username: "hanako", password: "correct horse battery" });
  world.channels.say({ type: "signed_out", reason: "signed_out", sid: "s-1", at: leftAt });
  expect(tab.state.status).toBe("signed_in");
  world.channels.say({ type: "signed_out", reason: "signed_out", sid: "s-2", at: leftAt });
  expect(tab.state.status).toBe("signed_out");
});

test("tokens that another tab got while the session was ending bring nobody back", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  const message = world.channels.messages.at(-1) as { tokens: { obtainedAt: number } };
  await tab.logoutAll();
  message.tokens.obtainedAt = world.clock.now() + 50;
  world.channels.say(message);
  expect(tab.state).toEqual({ status: "signed_out", reason: "signed_out" });
  expect(tab.inspect()).toBeNull();
});

test("a page that wakes up to a logout and a login is logged in", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  const leftAt = world.clock.now() + 1_000;
  const other = await world.signedInTab({
    openChannel: () => ({ postMessage: (message) => late.push(message), close: () => {} }),
  });
  const late: unknown[] = [{ type: "signed_out", reason: "signed_out", sid: "s-1", at: leftAt }];
  await world.clock.advance(2_000);
  await other.login({ username: "taro", password: "correct horse battery" });
  await world.clock.advance(60_000);
  for (const message of late) world.channels.say(message);
  expect(tab.state).toMatchObject({ status: "signed_in", user: { username: "taro" } });
});

test("a page that knew no session says nothing about the one that another tab opened", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  const late = world.tab();
  world.provider.answers.set("/auth/refresh", () => problem(401, "invalid_grant"));
  await late.start();
  await settle();
  expect(late.state.status).toBe("signed_out");
  expect(tab.state.status).toBe("signed_in");
});

test("words that are not understood are ignored", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  for (const message of [
    null,
    1,
    "x",
    [],
    {},
    { type: "tokens" },
    { type: "tokens", tokens: { accessToken: 1 } },
  ]) {
    world.channels.say(message);
  }
  world.channels.say({ type: "signed_out", reason: "because", at: Number.MAX_SAFE_INTEGER });
  world.channels.say({
    type: "tokens",
    tokens: { accessToken: "no token", idToken: "", scope: "", obtainedAt: Infinity, expiresAt: Infinity },
  });
  expect(tab.state).toMatchObject({ status: "signed_in", user: { username: "hanako" } });
  await expect(tab.protected()).resolves.toBeDefined();
});

test("a page that slept through a logout notices it when it is seen again", async () => {
  const world = new World();
  const tab = await world.signedInTab({ openChannel: () => ({ postMessage: () => {}, close: () => {} }) });
  world.provider.endSession();
  await tab.recheck();
  expect(tab.state).toEqual({ status: "signed_out", reason: "signed_out" });
  world.provider.openSession();
  await tab.recheck();
  expect(tab.state.status).toBe("signed_in");
});

test("a page that slept through a login of somebody else notices it when it is seen again", async () => {
  const world = new World();
  const quiet = { openChannel: () => ({ postMessage: () => {}, close: () => {} }) };
  const [asleep, other] = [await world.signedInTab(quiet), await world.signedInTab(quiet)];
  await asleep.recheck();
  await other.refresh();
  await asleep.recheck();
  expect(world.provider.count("/auth/refresh")).toBe(3);
  await other.logout();
  await other.login({ username: "taro", password: "correct horse battery" });
  await asleep.recheck();
  expect(asleep.state).toMatchObject({ status: "signed_in", user: { username: "taro" } });
  await asleep.recheck();
  expect(world.provider.count("/auth/refresh")).toBe(4);
});

test("of a session that was replaced nothing is left while the provider cannot be asked", async () => {
  const world = new World();
  const quiet = { openChannel: () => ({ postMessage: () => {}, close: () => {} }) };
  const [asleep, other] = [await world.signedInTab(quiet), await world.signedInTab(quiet)];
  await other.logout();
  await other.login({ username: "taro", password: "correct horse battery" });
  world.provider.answers.set("/auth/refresh", () => problem(503, "temporarily_unavailable"));
  await asleep.recheck();
  expect(asleep.state).toMatchObject({ status: "unreachable", user: null });
  expect(asleep.inspect()).toBeNull();
  world.provider.answers.clear();
  await world.clock.advance(2_000);
  expect(asleep.state).toMatchObject({ status: "signed_in", user: { username: "taro" } });
});

test("without Web Locks a page still does one thing at a time", async () => {
  const world = new World();
  const tab = await world.signedInTab({ locks: new PageLocks() });
  const held = gate();
  world.provider.answers.set("/auth/refresh", async () => {
    await held.opened;
    return Response.json(world.provider.tokens());
  });
  const refreshed = Promise.all([tab.refresh(), tab.refresh(), tab.refresh()]);
  await settle();
  const left = tab.logout();
  await settle();
  expect(world.provider.count("/auth/logout")).toBe(0);
  held.open();
  await Promise.all([refreshed, left]);
  expect(world.provider.count("/auth/refresh")).toBe(2);
  expect(tab.state.status).toBe("signed_out");
});

test("ending this very session is a logout, ending another is not", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  world.provider.answers.set("/users/me/sessions/s-9", () => problem(404, "not_found"));
  await tab.endSession("s-9");
  expect(tab.state.status).toBe("signed_in");
  await tab.endSession("s-1");
  expect(tab.state.status).toBe("signed_out");
});
