import { expect, test } from "vitest";
import { readReturnTo, safeReturnTo, withReturnTo } from "../src/index.ts";

test.each([
  "/",
  "/profile",
  "/users?limit=1&x=%2F%2Fevil.example",
  "/a/b#c",
  "/@evil.example",
  "/%2f%2fevil.example",
  "/手",
])("%s stays as it is", (path) => {
  expect(decodeURI(safeReturnTo(path, "/fallback"))).toBe(decodeURI(path));
});

test.each([
  "",
  null,
  undefined,
  "profile",
  "https://evil.example",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  " //evil.example",
  "/ /evil.example",
  "/.//evil.example",
  "/a/..//evil.example",
  "/%2e//evil.example",
  "/./\\evil.example",
  "javascript:alert(1)",
  "/\u0000/evil.example",
])("%j leads nowhere else", (path) => {
  expect(safeReturnTo(path, "/fallback")).toBe("/fallback");
});

test("the login address remembers the path", () => {
  const path = "/users?limit=1&cursor=a b#top";
  const login = withReturnTo("/login", path);
  expect(readReturnTo(new URL(login, "https://here.example").search, "/x")).toBe("/x");
  const plain = "/users?limit=1&cursor=ab#top";
  expect(readReturnTo(new URL(withReturnTo("/login", plain), "https://here.example").search)).toBe(plain);
  expect(readReturnTo("?return_to=//evil.example", "/protected")).toBe("/protected");
  expect(readReturnTo("", "/protected")).toBe("/protected");
});
