// The OpenID Provider's function behind API Gateway and the edge: what has to pass both, and what neither may change.
import assert from "node:assert/strict";
import test from "node:test";
import { required } from "../support/aws.js";
import { ask, askDirectly } from "../support/client.js";
import { findDeployment } from "../support/deployment.js";
import { isProblem } from "../support/people.js";

const deployment = await findDeployment();
const issuer = required("TEGATA_URL");

test("the metadata names endpoints that are there", async () => {
  const { json: metadata } = await ask("GET", "/.well-known/openid-configuration");
  const endpoints = Object.entries(metadata).filter(([name]) => name.endsWith("_endpoint"));
  assert.ok(endpoints.length >= 4, JSON.stringify(metadata));
  for (const [name, url] of endpoints) {
    assert.ok(String(url).startsWith(`${issuer}/oauth2/`), name);
    const answer = await ask("POST", new URL(String(url)).pathname);
    // A request without anything in it is wrong, or asked for again as a page.
    assert.ok(answer.status < 500 && answer.status !== 404, `${name}: ${answer.status}`);
  }
});

test("a page keeps its own policies on the way through the edge, and its visitor's language", async () => {
  const page = await ask("GET", "/oauth2/authorize?client_id=nobody", {
    headers: { "accept-language": "ja" },
  });
  assert.equal(page.status, 404, page.text);
  assert.match(String(page.headers["content-type"]), /^text\/html/);
  assert.match(page.text, /<html lang="ja"/);
  const { headers } = page;
  assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'self'/);
  assert.equal(headers["referrer-policy"], "same-origin");
  assert.equal(headers["cross-origin-opener-policy"], "unsafe-none");
  assert.equal(headers["cache-control"], "no-store");
  assert.match(String(headers["strict-transport-security"]), /^max-age=63072000/);
});

test("a client that proves nothing is refused, whatever it claims", async () => {
  const form = new URLSearchParams({ grant_type: "client_credentials" }).toString();
  const basic = `Basic ${Buffer.from("shop:guessed").toString("base64")}`;
  const refused = await ask("POST", "/oauth2/token", {
    headers: { authorization: basic },
    form,
  });
  assert.equal(refused.status, 401, refused.text);
  assert.equal(refused.json.error, "invalid_client");
});

test("a page of any origin may ask for tokens, and only without cookies", async () => {
  const preflight = await ask("OPTIONS", "/oauth2/token", {
    headers: {
      origin: "https://client.example.com",
      "access-control-request-method": "POST",
      "access-control-request-headers": "dpop",
    },
  });
  assert.equal(preflight.status, 204, preflight.text);
  assert.equal(preflight.headers["access-control-allow-origin"], "*");
  assert.equal(preflight.headers["access-control-allow-credentials"], undefined);
});

test("past the edge there is no provider", async () => {
  const answer = await askDirectly(deployment.apiId, "GET", "/oauth2/authorize?client_id=nobody");
  assert.equal(answer.status, 403, answer.text);
});

test("a path that is nobody's is not found", async () => {
  isProblem(await ask("GET", "/oauth2/nothing"), 404, "not_found");
});
