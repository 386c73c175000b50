// What a client without a browser does.
import assert from "node:assert/strict";
import { ask } from "./client.js";

export const PASSWORD = "seven lanterns on the old road";

let people = 0;

/** Signs somebody up. @param {string} [password] */
export async function signUp(password = PASSWORD) {
  const username = `walker${++people}-${process.pid}`;
  const answer = await ask("POST", "/auth/signup", { body: { username, password } });
  assert.equal(answer.status, 201, answer.text);
  return { username, password, sub: String(answer.json.user.sub) };
}

/**
 * @param {{ username: string, password: string }} person
 * @returns {Promise<{ access_token: string, refresh_token: string, expires_in: number }>}
 */
export async function logIn({ username, password }) {
  const answer = await ask("POST", "/auth/login", { body: { username, password, token_delivery: "body" } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

/** @param {string} refresh_token */
export function refresh(refresh_token) {
  return ask("POST", "/auth/refresh", { body: { refresh_token } });
}

/** @param {string} token */
export function callApi(token) {
  return ask("GET", "/api/protected", { token });
}

/** A refusal in the form of all others (RFC 9457). @param {import("./client.js").Answer} answer @param {number} status @param {string} code */
export function isProblem(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
  assert.equal(answer.json.status, status);
  assert.equal(answer.json.code, code);
  assert.ok(answer.json.request_id, "a request can be found in the log");
}
