// The web application, as the deployment has put it into its bucket.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { endpoint } from "../support/aws.js";
import { ask } from "../support/client.js";
import { findDeployment } from "../support/deployment.js";

const { bucket } = await findDeployment();
const built = fileURLToPath(new URL("../../../web/app/dist/", import.meta.url));

test("every path without a file name is the application, and says so to browsers carefully", async () => {
  const index = readFileSync(`${built}index.html`, "utf8");
  for (const path of ["/", "/login", "/no/such/page"]) {
    const answer = await ask("GET", path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.text, index, path);
    assert.equal(answer.headers["content-type"], "text/html; charset=utf-8");
    assert.equal(answer.headers["cache-control"], "no-cache");
    assert.match(String(answer.headers["content-security-policy"]), /default-src 'self'/);
  }
});

test("files whose names change with their content are kept for ever", async () => {
  const names = readdirSync(`${built}assets`);
  assert.ok(names.length > 3);
  for (const name of names) {
    const answer = await ask("GET", `/assets/${name}`);
    assert.equal(answer.status, 200, name);
    assert.equal(answer.text, readFileSync(`${built}assets/${name}`, "utf8"), name);
    assert.equal(answer.headers["cache-control"], "public, max-age=31536000, immutable");
  }
});

test("a file that is not there is not the application", async () => {
  assert.ok((await ask("GET", "/assets/nothing.js")).status >= 400);
});

test("an error of the API is never a page of the application", async () => {
  const answer = await ask("GET", "/users/nothing", { headers: { accept: "text/html" } });
  assert.equal(answer.status, 404);
  assert.equal(answer.json.code, "not_found");
});

test("the bucket itself gives nothing to anybody", async () => {
  for (const path of ["", "/index.html"]) {
    const answer = await fetch(`${endpoint}/${bucket}${path}`);
    assert.equal(answer.status, 403, path);
  }
});
