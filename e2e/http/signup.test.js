import assert from "node:assert/strict";
import { test } from "node:test";
import { PASSWORD, isProblem, newName, send, signUp } from "./support/client.js";

/** @param {unknown} json */
const post = (json) => send("POST", "/auth/signup", { json });

test("signing up makes an account and logs nobody in", async () => {
  const username = newName();
  const made = await signUp(username);
  assert.equal(made.body.user.username, username);
  assert.deepEqual(made.headers.getSetCookie(), []);
  assert.match(made.headers.get("cache-control") ?? "", /no-store/);
});

test("a name is taken once, whatever its case", async () => {
  const username = newName();
  await signUp(username);
  isProblem(await post({ username: username.toUpperCase(), password: PASSWORD }), 409, "username_taken");
});

test("v1: of ten who want one name at once one gets it", async () => {
  const username = newName();
  const answers = await Promise.all(Array.from({ length: 10 }, () => post({ username, password: PASSWORD })));
  const statuses = answers.map((answer) => answer.status).sort();
  // Where many passwords are hashed at once, some are told to come back.
  assert.equal(statuses.filter((status) => status === 201).length, 1, statuses.join(" "));
  assert.ok(
    statuses.every((status) => [201, 409, 429, 503].includes(status)),
    statuses.join(" "),
  );
});

test("every bad field is named at once", async () => {
  const refused = await post({ username: "x", email: "nobody", password: "short" });
  isProblem(refused, 400, "validation_failed");
  const fields = refused.body.errors.map((/** @type {{ field: string }} */ error) => error.field);
  assert.deepEqual(fields.sort(), ["email", "password", "username"]);
});

test("r57: what guessers try first is no password", async () => {
  const refused = await post({ username: newName(), password: "passwordpassword" });
  isProblem(refused, 400, "validation_failed");
  assert.equal(refused.body.errors[0].code, "blocked");
});
