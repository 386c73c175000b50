import assert from "node:assert/strict";
import { test } from "node:test";
import { claims, expiry, isProblem, join, refresh, send, tokens } from "./support/client.js";

/** @param {string} [bearer] */
const ask = (bearer) => send("GET", "/api/protected", bearer === undefined ? {} : { bearer });

/** @param {import("./support/client.js").Answer} answer */
function isChallenge(answer) {
  isProblem(answer, 401);
  assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer\b/);
}

test("an access token opens the protected resource", async () => {
  const { access, username } = await join();
  const answer = await ask(access);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.deepEqual(answer.body.user, { sub: claims(access).payload.sub, username });
});

test("one token opens one route after the other", async () => {
  const { access } = await join();
  for (const path of ["/api/protected", "/users/me", "/users/me/sessions", "/api/protected"]) {
    assert.equal((await send("GET", path, { bearer: access })).status, 200, path);
  }
});

test("without a token there is a challenge", async () => {
  isChallenge(await ask());
  for (const authorization of ["Basic YTpi", "Bearer", "bearer ", "Token abc"]) {
    isChallenge(await send("GET", "/api/protected", { headers: { authorization } }));
  }
});

test("an expired token is refused, and a refresh brings one that is not", async () => {
  const first = await join();
  assert.equal((await ask(first.access)).status, 200);
  await expiry(first.access);
  isChallenge(await ask(first.access));
  const second = tokens(await refresh(first.refresh));
  assert.equal((await ask(second.access)).status, 200);
});

test("r16: no other token of ours is an access token", async () => {
  const { access, refresh: token } = await join();
  const idToken = (await refresh(token)).body.id_token;
  const [header, payload, signature] = access.split(".");
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
  const flipped = `${signature?.startsWith("A") ? "B" : "A"}${signature?.slice(1)}`;
  const forged = [`${none}.${payload}.`, `${header}.${payload}.${flipped}`, `${header}.${payload}.`];
  for (const text of [idToken, token, ...forged, `${access}.`, "a.b.c"]) isChallenge(await ask(text));
});

test("a scope that was not granted is missing", async () => {
  const { access } = await join();
  const refused = await send("GET", "/users", { bearer: access });
  isProblem(refused, 403);
});
