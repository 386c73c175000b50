import assert from "node:assert/strict";
import { test } from "node:test";
import { Browser } from "./support/browser.js";
import { claims, isProblem, join, logIn, newName, refresh, send, signUp, tokens } from "./support/client.js";

test("a refresh token is exchanged for the next tokens of the same session", async () => {
  const first = await join();
  const second = tokens(await refresh(first.refresh));
  assert.notEqual(second.refresh, first.refresh);
  assert.equal(claims(second.access).payload.sid, claims(first.access).payload.sid);
  assert.notEqual(claims(second.access).payload.jti, claims(first.access).payload.jti);
});

test("an answer that was lost is given again", async () => {
  const first = await join();
  const second = tokens(await refresh(first.refresh));
  assert.equal(tokens(await refresh(first.refresh)).refresh, second.refresh);
  tokens(await refresh(second.refresh));
});

test("r6: a token that is shown again ends its session, and no other", async () => {
  const stolen = await join();
  const elsewhere = await logIn(stolen.username);
  const second = tokens(await refresh(stolen.refresh));
  const third = tokens(await refresh(second.refresh));
  isProblem(await refresh(stolen.refresh), 401, "invalid_grant");
  isProblem(await refresh(third.refresh), 401, "invalid_grant");
  tokens(await refresh(elsewhere.refresh));
});

test("v1: any number of refreshes at once give one and the same live successor", async () => {
  let { refresh: token } = await join();
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 12 }, () => refresh(token)));
    const successors = new Set(answers.map((answer) => tokens(answer).refresh));
    assert.equal(successors.size, 1);
    [token = ""] = successors;
  }
  tokens(await refresh(token));
});

test("what is no refresh token of ours is refused", async () => {
  const { access, refresh: token } = await join();
  const end = token.at(-1) === "A" ? "B" : "A";
  for (const text of [
    access,
    "tgr_",
    "",
    `${token}A`,
    token.slice(0, 40),
    token.slice(4),
    token.slice(0, -3) + end,
  ]) {
    const answer = await refresh(text);
    assert.ok([400, 401].includes(answer.status), `${text}: ${answer.status}`);
  }
  tokens(await refresh(token));
});

test("r46: a cookie alone refreshes nothing", async () => {
  const username = newName();
  await signUp(username);
  const browser = new Browser();
  await browser.logIn(username);
  isProblem(await browser.send("POST", "/auth/refresh"), 403, "csrf_failed");
  const forged = { headers: { "x-csrf-token": "forged" } };
  isProblem(await browser.page("POST", "/auth/refresh", forged), 403, "csrf_failed");
  const foreign = { headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site" } };
  isProblem(await browser.page("POST", "/auth/refresh", foreign), 403, "origin_refused");
  assert.equal((await browser.refresh()).status, 200);
});

test("a browser refreshes with its cookies, and a refused refresh takes them back", async () => {
  const username = newName();
  await signUp(username);
  const browser = new Browser();
  await browser.logIn(username);
  const before = browser.cookie("tegata_refresh");
  const answer = await browser.refresh();
  assert.equal(answer.body.refresh_token, undefined);
  assert.notEqual(browser.cookie("tegata_refresh"), before);

  const ended = await send("POST", "/auth/logout-all", { bearer: answer.body.access_token });
  assert.equal(ended.status, 204);
  isProblem(await browser.refresh(), 401, "invalid_grant");
  assert.equal(browser.cookie("tegata_refresh"), undefined);
});
