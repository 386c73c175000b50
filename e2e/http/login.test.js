import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser } from "./support/browser.js";
import { PASSWORD, claims, isProblem, join, newName, send, signUp } from "./support/client.js";

/** @param {unknown} json */
const post = (json) => send("POST", "/auth/login", { json });

test("a login gives an access token, an ID token and who has logged in", async () => {
  const username = newName();
  const made = await signUp(username);
  const answer = await post({ username: username.toUpperCase(), password: PASSWORD });
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body.user, made.body.user);
  assert.match(answer.headers.get("cache-control") ?? "", /no-store/);

  const access = claims(answer.body.access_token);
  const identity = claims(answer.body.id_token);
  assert.equal(access.header.typ, "at+jwt");
  assert.equal(access.payload.username, username);
  assert.equal(access.payload.exp - access.payload.iat, answer.body.expires_in);
  assert.equal(identity.payload.aud, access.payload.client_id);
  assert.equal(identity.payload.sub, access.payload.sub);
  assert.equal(identity.payload.sid, access.payload.sid);
});

test("r44: a browser gets the refresh token in a cookie that no script reads, and nowhere else", async () => {
  const username = newName();
  await signUp(username);
  const answer = await new Browser().logIn(username);
  assert.equal(answer.body.refresh_token, undefined);
  const cookies = answer.headers.getSetCookie();
  const cookie = (/** @type {string} */ name) => cookies.find((text) => text.includes(`${name}=`)) ?? "";
  for (const attribute of ["HttpOnly", "SameSite=Strict", "Path=/"]) {
    assert.ok(cookie("tegata_refresh").includes(attribute), attribute);
  }
  assert.ok(!cookie("tegata_csrf").includes("HttpOnly"), "scripts send this one back");
  assert.ok(cookies.every((text) => !/domain=/i.test(text)));
});

test("a program gets it in the answer, and no cookie", async () => {
  const username = newName();
  await signUp(username);
  const answer = await post({ username, password: PASSWORD, token_delivery: "body" });
  assert.match(answer.body.refresh_token, /^tgr_/);
  assert.deepEqual(answer.headers.getSetCookie(), []);
});

test("r60: a wrong password and an unknown name get one and the same answer", async () => {
  const { username } = await join();
  const wrong = await post({ username, password: "another long passphrase" });
  const unknown = await post({ username: newName(), password: "another long passphrase" });
  isProblem(wrong, 401, "invalid_credentials");
  const said = (/** @type {import("./support/client.js").Answer} */ { body }) => ({
    ...body,
    request_id: undefined,
  });
  assert.deepEqual(said(wrong), said(unknown));
});

test("r59: after some failures the next attempt has to wait", async () => {
  const { username } = await join();
  let last;
  for (let attempt = 0; attempt < 8; attempt++) {
    last = await post({ username, password: `wrong password number ${attempt}` });
  }
  assert.ok(last);
  isProblem(last, 429, "too_many_attempts");
  assert.ok(Number(last.headers.get("retry-after")) >= 1);
});
