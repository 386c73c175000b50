// The life of tokens, over the edge, API Gateway, the authorizer and the functions.
import assert from "node:assert/strict";
import test from "node:test";
import { ask, askDirectly } from "../support/client.js";
import { findDeployment } from "../support/deployment.js";
import { callApi, isProblem, logIn, refresh, signUp } from "../support/people.js";

const deployment = await findDeployment();
const ORIGIN = "https://app.example.org";

test("who signs up can log in, and the token opens the protected API", async () => {
  const person = await signUp();
  const { access_token } = await logIn(person);
  const answer = await callApi(access_token);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json.user, { sub: person.sub, username: person.username });
});

test("a request without a token, or with junk, gets the authorizer's 401", async () => {
  for (const headers of [{}, { authorization: "Bearer junk" }, { authorization: "Basic YTpi" }]) {
    const answer = await ask("GET", "/api/protected", { headers });
    isProblem(answer, 401, "invalid_token");
    assert.equal(answer.headers["www-authenticate"], 'Bearer error="invalid_token"');
  }
});

test("a token of which one bit is another gets 401", async () => {
  const { access_token } = await logIn(await signUp());
  const [header, claims, signature] = access_token.split(".");
  const other = `${header}.${claims}.${signature?.startsWith("A") ? "B" : "A"}${signature?.slice(1)}`;
  isProblem(await callApi(other), 401, "invalid_token");
  assert.equal((await callApi(access_token)).status, 200);
});

test("the remembered answer of the authorizer is right for every other route", async () => {
  const { access_token: token } = await logIn(await signUp());
  for (const path of ["/api/protected", "/users/me", "/users/me/sessions", "/api/protected"])
    assert.equal((await ask("GET", path, { token })).status, 200, path);
  for (const path of ["/users", "/users?limit=5"]) {
    const refused = await ask("GET", path, { token });
    isProblem(refused, 403, "insufficient_scope");
    assert.equal(refused.headers["www-authenticate"], 'Bearer error="insufficient_scope"');
  }
  const changed = await ask("PATCH", "/users/me", { token, body: { name: "Alice Hiking" } });
  assert.equal(changed.status, 200, changed.text);
});

test("a refreshed token works, and the spent refresh token ends the session", async () => {
  const first = await logIn(await signUp());
  const second = await refresh(first.refresh_token);
  assert.equal(second.status, 200, second.text);
  assert.equal((await callApi(second.json.access_token)).status, 200);

  const again = await refresh(first.refresh_token);
  assert.equal(again.json.refresh_token, second.json.refresh_token, "an answer that was lost is given again");

  const third = await refresh(second.json.refresh_token);
  assert.equal(third.status, 200, third.text);
  isProblem(await refresh(first.refresh_token), 401, "invalid_grant");
  isProblem(await refresh(third.json.refresh_token), 401, "invalid_grant");
});

test("of twenty refreshes at once with one token, all give the same successor", async () => {
  const { refresh_token } = await logIn(await signUp());
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refresh_token)));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(new Set(answers.map(({ json }) => json.refresh_token)).size, 1);
});

test("of eight sign-ups at once with one name, one makes the account", async () => {
  const body = { username: `race-${process.pid}`, password: "seven lanterns on the old road" };
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask("POST", "/auth/signup", { body })));
  const statuses = answers.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, ...Array(7).fill(409)]);
});

test("logging out ends the session", async () => {
  const { refresh_token } = await logIn(await signUp());
  const answer = await ask("POST", "/auth/logout", { body: { refresh_token } });
  assert.equal(answer.status, 204, answer.text);
  isProblem(await refresh(refresh_token), 401, "invalid_grant");
});

test("the refresh token of a browser is in a cookie that no script reads", async () => {
  const { username, password } = await signUp();
  const answer = await ask("POST", "/auth/login", {
    body: { username, password },
    headers: { origin: String(process.env["TEGATA_URL"]), "sec-fetch-site": "same-origin" },
  });
  assert.equal(answer.json.refresh_token, undefined);
  const cookie = answer.headers["set-cookie"]?.find((one) => one.startsWith("__Host-tegata_refresh="));
  for (const attribute of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"])
    assert.ok(cookie?.includes(attribute), `${attribute}: ${cookie}`);
});

test("a page of an allowed origin can read that it was refused", async () => {
  const { access_token: token } = await logIn(await signUp());
  const answers = {
    401: await ask("GET", "/api/protected", { headers: { origin: ORIGIN } }),
    403: await ask("GET", "/users", { token, headers: { origin: ORIGIN } }),
    404: await ask("GET", "/api/nothing", { headers: { origin: ORIGIN } }),
    200: await ask("GET", "/api/protected", { token, headers: { origin: ORIGIN } }),
  };
  for (const [status, answer] of Object.entries(answers)) {
    assert.equal(answer.status, Number(status), answer.text);
    assert.equal(answer.headers["access-control-allow-origin"], ORIGIN, status);
    assert.equal(answer.headers["access-control-allow-credentials"], "true", status);
  }
});

test("a preflight is answered without a token, and only to allowed origins", async () => {
  const preflight = (/** @type {string} */ origin) =>
    ask("OPTIONS", "/api/protected", {
      headers: {
        origin,
        "access-control-request-method": "GET",
        "access-control-request-headers": "authorization",
      },
    });
  const allowed = await preflight(ORIGIN);
  assert.equal(allowed.status, 204, allowed.text);
  assert.equal(allowed.headers["access-control-allow-origin"], ORIGIN);
  assert.match(String(allowed.headers["access-control-allow-headers"]), /Authorization/);
  const foreign = await preflight("https://elsewhere.example");
  assert.equal(foreign.status, 403, foreign.text);
  assert.notEqual(foreign.headers["access-control-allow-origin"], "https://elsewhere.example");
});

test("past CloudFront nothing is answered, whatever the request says of itself", async () => {
  const { username, password } = await signUp();
  for (const headers of [
    {},
    { "x-origin-verify": "guessed" },
    { "cloudfront-viewer-address": "198.51.100.7:1" },
  ]) {
    const answer = await askDirectly(deployment.apiId, "POST", "/auth/login", {
      body: { username, password },
      headers,
    });
    assert.equal(answer.status, 403, answer.text);
    assert.equal(answer.json.access_token, undefined);
  }
});

test("discovery names the address that people open", async () => {
  const { json } = await ask("GET", "/.well-known/openid-configuration");
  assert.equal(json.issuer, process.env["TEGATA_URL"]);
  const keys = await ask("GET", "/.well-known/jwks.json");
  assert.match(String(keys.headers["cache-control"]), /^public, max-age=\d+/);
  assert.ok(keys.json.keys.length > 0);
  for (const key of keys.json.keys) assert.equal(key.d, undefined, "no private half");
});

test("a route that is not there is a 404 in the form of all errors", async () => {
  isProblem(await ask("GET", "/auth/nothing"), 404, "not_found");
  isProblem(await ask("PUT", "/users/me", { body: {} }), 404, "not_found");
});
