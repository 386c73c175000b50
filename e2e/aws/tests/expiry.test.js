// Runs on a deployment whose access tokens live for three seconds.
import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { callApi, logIn, refresh, signUp } from "../support/people.js";

test("an expired token gets 401 although the authorizer's answer is remembered, and a refreshed one goes on", async () => {
  const tokens = await logIn(await signUp());
  assert.equal(tokens.expires_in, 3, "the deployment of this test has short tokens");
  assert.equal((await callApi(tokens.access_token)).status, 200);
  await wait(4_000);
  const refused = await callApi(tokens.access_token);
  assert.equal(refused.status, 401, refused.text);
  assert.equal(refused.headers["www-authenticate"], 'Bearer error="invalid_token"');
  assert.equal(refused.json.code, "invalid_token");

  const renewed = await refresh(tokens.refresh_token);
  assert.equal(renewed.status, 200, renewed.text);
  assert.equal((await callApi(renewed.json.access_token)).status, 200);
});

test("a token that expires before the authorizer has seen it gets 401, too", async () => {
  const { access_token } = await logIn(await signUp());
  await wait(4_000);
  assert.equal((await callApi(access_token)).status, 401);
});
