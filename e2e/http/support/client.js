// One client of the HTTP interface, as a program or a browser is one.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

/** Where Tegata answers, without a slash at the end. */
export const BASE = address();

/** Nobody waits for a token that lives as long as in production. */
const LONGEST_WAIT_MS = 30_000;

export const PASSWORD = "a long walk before breakfast";

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Headers} headers
 * @property {any} body The JSON of the body, `undefined` without one.
 *
 * @typedef {object} Tokens
 * @property {string} access
 * @property {string} refresh
 *
 * @typedef {object} Request
 * @property {unknown} [json] The body.
 * @property {string} [text] The body as it stands.
 * @property {string} [bearer] The access token.
 * @property {Record<string, string>} [headers]
 */

/**
 * Sends one request; nothing is followed, and nothing is remembered.
 *
 * @param {string} method
 * @param {string} path
 * @param {Request} [request]
 * @returns {Promise<Answer>}
 */
export async function send(method, path, { json, text, bearer, headers = {} } = {}) {
  const body = json === undefined ? text : JSON.stringify(json);
  const response = await fetch(BASE + path, {
    method,
    redirect: "manual",
    headers: {
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const answered = await response.text();
  const isJson = /^application\/([a-z-]+\+)?json\b/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    // API Gateway calls an answer without a body JSON, too, when nothing else is said of it.
    body: isJson && answered !== "" ? JSON.parse(answered) : undefined,
  };
}

/** A name that nobody has. */
export function newName() {
  return `u${randomBytes(8).toString("hex")}`;
}

/** @param {string} username */
export async function signUp(username, password = PASSWORD) {
  const answer = await send("POST", "/auth/signup", { json: { username, password } });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer;
}

/** Signs up a new user and logs them in, as a program does. */
export async function join(username = newName()) {
  await signUp(username);
  return { username, ...(await logIn(username)) };
}

/**
 * @param {string} username
 * @returns {Promise<Tokens>}
 */
export async function logIn(username, password = PASSWORD) {
  return tokens(await send("POST", "/auth/login", { json: { username, password, token_delivery: "body" } }));
}

/** @param {string} refreshToken */
export function refresh(refreshToken) {
  return send("POST", "/auth/refresh", { json: { refresh_token: refreshToken } });
}

/**
 * The tokens of an answer that has some.
 *
 * @param {Answer} answer
 * @returns {Tokens}
 */
export function tokens(answer) {
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.body.token_type, "Bearer");
  return { access: answer.body.access_token, refresh: answer.body.refresh_token };
}

/**
 * The claims of a token, as anyone can read them.
 *
 * @param {string} token
 */
export function claims(token) {
  const [header, payload] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
  return { header: JSON.parse(header ?? ""), payload: JSON.parse(payload ?? "") };
}

/**
 * Asserts that an answer is a problem (RFC 9457), whole and of this status.
 *
 * @param {Answer} answer
 * @param {number} status
 * @param {string} [code] Where the interface promises one.
 */
export function isProblem(answer, status, code) {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json\b/);
  assert.equal(answer.body.status, status);
  assert.equal(answer.body.type, "about:blank");
  assert.equal(typeof answer.body.title, "string");
  if (code !== undefined) assert.equal(answer.body.code, code);
}

/**
 * Waits until an access token has expired.
 *
 * @param {string} token
 */
export async function expiry(token) {
  const left = claims(token).payload.exp * 1000 - Date.now();
  assert.ok(left < LONGEST_WAIT_MS, "access tokens live for seconds where this suite runs");
  await new Promise((passed) => setTimeout(passed, left + 1000));
}

function address() {
  const given = process.env["TEGATA_URL"];
  if (!given) throw new Error("TEGATA_URL names where Tegata answers");
  return given.replace(/\/$/, "");
}
