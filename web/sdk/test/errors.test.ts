import { expect, test } from "vitest";
import { decodeToken, isTegataError, PROBLEM_CODES, type TegataError } from "../src/index.ts";
import { codeOf, problem, World } from "./world.ts";

async function failure(answer: () => Response): Promise<TegataError> {
  const world = new World();
  world.provider.answers.set("/auth/signup", answer);
  try {
    await world.tab().signup({ username: "hanako", password: "x" });
  } catch (error) {
    if (isTegataError(error)) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test.each(PROBLEM_CODES)("%s is told by its code", async (code) => {
  const error = await failure(() => problem(418, code));
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "TegataError",
    code,
    status: 418,
    requestId: "r1",
    message: `it is ${code}`,
  });
});

test("validation errors name their fields", async () => {
  const errors = [
    { field: "password", code: "too_short", message: "at least 15" },
    { field: "username", code: "from_the_future", message: "?" },
    { code: "required" },
    null,
  ];
  const error = await failure(() => problem(400, "validation_failed", { errors }));
  if (error.code !== "validation_failed") throw error;
  expect(error.errors).toEqual([
    { field: "password", code: "too_short", message: "at least 15" },
    { field: "username", code: "invalid", message: "?" },
  ]);
});

test.each([
  ["120", 120],
  ["0", 0],
  ["Tue, 24 Nov 2026 12:00:30 GMT", 30],
  ["Tue, 24 Nov 2020 12:00:00 GMT", 0],
  ["soon", null],
  ["-5", null],
])("Retry-After %s is %s seconds", async (header, seconds) => {
  const error = await failure(() => problem(429, "too_many_attempts", {}, { "retry-after": header }));
  if (error.code !== "too_many_attempts") throw error;
  expect(error.retryAfter).toBe(seconds);
});

test.each([
  new Response("<html>", { status: 502 }),
  new Response(null, { status: 401 }),
  Response.json({ code: "who_knows" }, { status: 400 }),
  Response.json(["validation_failed"], { status: 400 }),
  Response.json({ error: "invalid_grant" }, { status: 400 }),
])("an answer that is not the provider's is unexpected", async (answer) => {
  expect(await failure(() => answer)).toMatchObject({ code: "unexpected_response", status: answer.status });
});

test("a page that someone else answers with 200 is unexpected, whatever was asked for", async () => {
  const world = new World();
  const tab = await world.signedInTab();
  for (const path of [
    "/auth/config",
    "/auth/signup",
    "/users",
    "/users/me",
    "/users/me/sessions",
    "/api/protected",
  ]) {
    world.provider.answers.set(path, () => new Response("<h1>Please log in to the network</h1>"));
  }
  const asked = {
    config: tab.config(),
    signup: tab.signup({ username: "hanako", password: "x" }),
    users: tab.users(),
    me: tab.me(),
    updateMe: tab.updateMe({ name: null }),
    sessions: tab.sessions(),
    protected: tab.protected(),
  };
  for (const [name, promise] of Object.entries(asked)) {
    expect(await codeOf(promise), name).toBe("unexpected_response");
  }
});

test("a connection that fails is a network error", async () => {
  const error = await failure(() => {
    throw new TypeError("Failed to fetch");
  });
  expect(error.code).toBe("network_error");
  expect(error.cause).toBeInstanceOf(TypeError);
});

test("a foreign error is none of ours", () => {
  expect(isTegataError(Object.assign(new Error("x"), { name: "TegataError", code: "aborted" }))).toBe(false);
  expect(isTegataError(null)).toBe(false);
});

test("a token is decoded as UTF-8, and garbage is not decoded", () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  expect(decodeToken(`${part({ alg: "ES256" })}.${part({ name: "手形ÿ" })}.x`)).toEqual({
    header: { alg: "ES256" },
    claims: { name: "手形ÿ" },
  });
  for (const token of [
    "",
    "a",
    "a.b",
    "a.b.c",
    `${part([])}.${part({})}.x`,
    `${part({})}.${part("x")}.x`,
    "..",
    "%.%.%",
  ]) {
    expect(decodeToken(token), token).toBeNull();
  }
});
