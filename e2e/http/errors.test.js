import assert from "node:assert/strict";
import { test } from "node:test";
import { isProblem, send } from "./support/client.js";

test("a path that is nobody's is a problem, not a page", async () => {
  for (const path of ["/auth/nothing", "/api/nothing", "/.well-known/nothing", "/users/me/nothing/at/all"]) {
    const answer = await send("GET", path);
    // Where nobody may know what is behind a door, it stays shut.
    assert.ok([401, 403, 404].includes(answer.status), `${path}: ${answer.status}`);
    isProblem(answer, answer.status);
  }
});

test("a body that is no JSON object of known members is refused", async () => {
  const json = { "content-type": "application/json" };
  for (const [text, headers, code] of /** @type {const} */ ([
    ["{", json, "malformed_request"],
    ["[]", json, "malformed_request"],
    ["", json, "malformed_request"],
    ['{"username":"a","username":"b","password":"c"}', json, "validation_failed"],
    ['{"username":1,"password":[]}', json, "validation_failed"],
    ['{"username":"abc","password":"abc","role":"admin"}', json, "validation_failed"],
    ["username=a", { "content-type": "application/x-www-form-urlencoded" }, "unsupported_media_type"],
  ])) {
    const answer = await send("POST", "/auth/login", { text, headers });
    isProblem(answer, code === "unsupported_media_type" ? 415 : 400, code);
  }
});

test("r69: a body that is too large is refused", async () => {
  const answer = await send("POST", "/auth/login", { json: { username: "a".repeat(20_000), password: "b" } });
  isProblem(answer, 413, "content_too_large");
});

test("r47: no origin but the allowed ones may read an answer, and none is reflected", async () => {
  for (const origin of ["https://evil.example", "null"]) {
    const answer = await send("GET", "/.well-known/jwks.json", { headers: { origin } });
    assert.notEqual(answer.headers.get("access-control-allow-origin"), origin);
    assert.equal(answer.headers.get("access-control-allow-credentials"), null);
  }
});

test("r48: answers are not sniffed, framed or kept", async () => {
  const answer = await send("GET", "/auth/config");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.match(answer.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
});
