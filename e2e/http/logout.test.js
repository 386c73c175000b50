import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser } from "./support/browser.js";
import { isProblem, join, logIn, newName, refresh, send, signUp, tokens } from "./support/client.js";

/** @param {string} token */
const logOut = (token) => send("POST", "/auth/logout", { json: { refresh_token: token } });

test("logging out ends the session; again, it is the same", async () => {
  const { refresh: token } = await join();
  assert.equal((await logOut(token)).status, 204);
  assert.equal((await logOut(token)).status, 204);
  isProblem(await refresh(token), 401, "invalid_grant");
});

test("a browser that logs out has no cookies of the session any more", async () => {
  const username = newName();
  await signUp(username);
  const browser = new Browser();
  await browser.logIn(username);
  assert.equal((await browser.page("POST", "/auth/logout")).status, 204);
  assert.equal(browser.cookie("tegata_refresh"), undefined);
  assert.equal(browser.cookie("tegata_csrf"), undefined);
  assert.equal((await browser.page("POST", "/auth/logout")).status, 204);
});

test("r51: logging out everywhere ends every session, and the account is closed to old tokens", async () => {
  const here = await join();
  const there = await logIn(here.username);
  assert.equal((await send("POST", "/auth/logout-all", { bearer: here.access })).status, 204);
  for (const { refresh: token } of [here, there]) isProblem(await refresh(token), 401, "invalid_grant");
  assert.equal((await send("GET", "/users/me", { bearer: there.access })).status, 401);
});

test("v10: a new login after a logout is a new session", async () => {
  const first = await join();
  await logOut(first.refresh);
  const second = await logIn(first.username);
  isProblem(await refresh(first.refresh), 401, "invalid_grant");
  tokens(await refresh(second.refresh));
});
