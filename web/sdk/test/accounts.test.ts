import { expect, test } from "vitest";
import type { TegataClient } from "../src/index.ts";
import { codeOf, gate, invalidToken, settle, World } from "./world.ts";

const quiet = { openChannel: () => ({ postMessage: () => {}, close: () => {} }) };

const logInAs = (tab: TegataClient, username: string) =>
  tab.login({ username, password: "correct horse battery" });

/** Whom the requests to a path were sent for, by their access tokens. */
function senders(world: World, path: string): unknown[] {
  return world.provider.seen
    .filter((seen) => seen.path === path)
    .map(({ headers }) => {
      const claims = headers.get("authorization")?.split(".")[1] ?? "";
      return (JSON.parse(Buffer.from(claims, "base64url").toString()) as { username: string }).username;
    });
}

test("a request of one user is not repeated for another who logged in meanwhile", async () => {
  const world = new World();
  const [one, two] = [await world.signedInTab(), await world.signedInTab()];
  const held = gate();
  world.provider.answers.set("/users/me", async () => {
    await held.opened;
    return invalidToken();
  });
  const saved = codeOf(one.updateMe({ name: "Hanako" }));
  await settle();
  await two.logout();
  await world.clock.advance(1_000);
  await logInAs(two, "taro");
  await settle();
  held.open();
  expect(await saved).toBe("not_signed_in");
  expect(senders(world, "/users/me")).toEqual(["hanako"]);
  expect(one.state).toMatchObject({ status: "signed_in", user: { username: "taro" } });
});

test("nor when the refresh between the two finds another user's cookies", async () => {
  const world = new World();
  const [one, two] = [await world.signedInTab(quiet), await world.signedInTab(quiet)];
  await two.logout();
  await logInAs(two, "taro");
  world.provider.refuseAllTokens();
  expect(await codeOf(one.updateMe({ name: "Hanako" }))).toBe("not_signed_in");
  expect(senders(world, "/users/me")).toEqual(["hanako"]);
  expect(one.state).toMatchObject({ status: "signed_in", user: { username: "taro" } });
});

test("nor is it sent at all when the renewal ahead of it finds them", async () => {
  const world = new World();
  const [one, two] = [await world.signedInTab(quiet), await world.signedInTab(quiet)];
  await two.logout();
  await logInAs(two, "taro");
  await world.clock.advance(895_000);
  expect(await codeOf(one.fetch("/users/me", { method: "PATCH", body: "{}" }))).toBe("not_signed_in");
  expect(senders(world, "/users/me")).toEqual([]);
});

test("a request goes on in a new session of the same user", async () => {
  const world = new World();
  const [one, two] = [await world.signedInTab(quiet), await world.signedInTab(quiet)];
  await two.logout();
  await logInAs(two, "hanako");
  world.provider.refuseAllTokens();
  await expect(one.protected()).resolves.toMatchObject({ message: "welcome" });
});
