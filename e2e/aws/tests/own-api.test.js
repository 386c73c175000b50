// An application with an API of its own, protected by `auth.protect` (infra/test/own-api.ts).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { required } from "../support/aws.js";
import { askDirectly } from "../support/client.js";
import { isProblem } from "../support/people.js";

const outputs = JSON.parse(readFileSync(join(required("TEGATA_STATE"), "own-api.json"), "utf8"));
const { OrdersId: orders, AuthId: auth } = outputs.OwnApi;

const person = { username: "shopkeeper", password: "seven lanterns on the old road" };
const signedUp = await askDirectly(auth, "POST", "/auth/signup", { body: person });
assert.equal(signedUp.status, 201, signedUp.text);
const loggedIn = await askDirectly(auth, "POST", "/auth/login", {
  body: { ...person, token_delivery: "body" },
});
assert.equal(loggedIn.status, 200, loggedIn.text);
const token = loggedIn.json.access_token;

test("a method that is protected is told who asks", async () => {
  const answer = await askDirectly(orders, "GET", "/orders", { token });
  assert.equal(answer.status, 200, answer.text);
  const context = JSON.parse(answer.text);
  assert.equal(context.sub, signedUp.json.user.sub);
  assert.equal(context.username, person.username);
  assert.equal(context.iss, "https://auth.example.org");
});

test("without a token it is told nothing, and is not asked", async () => {
  isProblem(await askDirectly(orders, "GET", "/orders"), 401, "invalid_token");
  isProblem(
    await askDirectly(orders, "POST", "/orders", { token: "e30.e30.e30", body: {} }),
    401,
    "invalid_token",
  );
});

test("a scope that the token does not have keeps it out of one method only", async () => {
  isProblem(await askDirectly(orders, "POST", "/orders", { token, body: {} }), 403, "insufficient_scope");
  assert.equal((await askDirectly(orders, "GET", "/orders", { token })).status, 200);
});

test("a method that is not protected is open", async () => {
  assert.equal((await askDirectly(orders, "GET", "/orders/public")).status, 200);
});
