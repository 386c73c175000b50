import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { claims, join, send } from "./support/client.js";

test("r24: both metadata documents agree and name the issuer of the tokens", async () => {
  const { access } = await join();
  const [openid, oauth] = await Promise.all(
    ["openid-configuration", "oauth-authorization-server"].map((name) => send("GET", `/.well-known/${name}`)),
  );
  assert.deepEqual(openid?.body, oauth?.body);
  assert.equal(openid?.body.issuer, claims(access).payload.iss);
});

test("r23: the published keys verify what is signed, and hold nothing private", async () => {
  const { access } = await join();
  const answer = await send("GET", "/.well-known/jwks.json");
  assert.match(answer.headers.get("cache-control") ?? "", /max-age=\d+/);
  const kids = answer.body.keys.map((/** @type {{ kid: string }} */ key) => key.kid);
  assert.equal(new Set(kids).size, kids.length);
  for (const key of answer.body.keys) assert.equal(key.d ?? key.p ?? key.k, undefined);
  const jwk = answer.body.keys.find(
    (/** @type {{ kid: string }} */ key) => key.kid === claims(access).header.kid,
  );
  const signed = Buffer.from(access.slice(0, access.lastIndexOf(".")));
  const signature = Buffer.from(access.slice(access.lastIndexOf(".") + 1), "base64url");
  const key = {
    key: createPublicKey({ key: jwk, format: "jwk" }),
    dsaEncoding: /** @type {const} */ ("ieee-p1363"),
  };
  assert.ok(verify("sha256", signed, key, signature));
});

test("the interface describes itself", async () => {
  const answer = await send("GET", "/openapi.json");
  assert.match(answer.body.openapi, /^3\.1\./);
  assert.ok(answer.body.paths["/auth/refresh"]);
});
