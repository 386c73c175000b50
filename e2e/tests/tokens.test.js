import assert from "node:assert/strict";
import { askAgain, expires, showsData, signUp, timeline } from "../support/actions.js";
import { suite } from "../support/suite.js";

const test = suite(() => ["tokens.access_token_ttl=3s"]);

/** What an expired token costs: the refusal, one refresh, one retry. */
const RENEWAL = [
  "request GET /api/protected 401",
  "refresh POST /auth/refresh 200",
  "rotation refresh",
  "retry GET /api/protected 200",
];
const EXPIRED = ["401 GET /api/protected"];

test(
  "an expired token is refused, refreshed once and the request repeated once, as the timeline shows",
  { refusals: EXPIRED },
  async ({ page }) => {
    await signUp(page);
    const before = await timeline(page);
    assert.deepEqual(before.at(-1), "request GET /api/protected 200");
    await expires(page);
    assert.equal(await askAgain(page), 200);
    await page.waitForSelector("#request-timeline [data-kind=retry]");
    assert.deepEqual((await timeline(page)).slice(before.length), RENEWAL);
    await showsData(page);
  },
);

test("a token that is still good is neither refused nor refreshed", async ({ page }) => {
  await signUp(page);
  const before = await timeline(page);
  await page.click("#protected-reload");
  await page.waitForFunction(
    (count) => document.querySelectorAll("#request-timeline > li.entry").length > count,
    before.length,
  );
  assert.deepEqual((await timeline(page)).slice(before.length), ["request GET /api/protected 200"]);
});

test("a token that is made invalid by hand goes the same way", { refusals: EXPIRED }, async ({ page }) => {
  await signUp(page);
  const before = await timeline(page);
  await page.click("#expire-now");
  await page.waitForSelector("#request-timeline [data-kind=retry]");
  assert.deepEqual((await timeline(page)).slice(before.length), RENEWAL);
});

test(
  "the countdown counts down to zero and begins anew with a new token",
  { refusals: EXPIRED },
  async ({ page }) => {
    await signUp(page);
    await page.waitForSelector("#token-countdown");
    const seen = await page.evaluate(async () => {
      const timer = /** @type {HTMLElement} */ (document.getElementById("token-countdown"));
      const left = [Number(timer.dataset["seconds"])];
      await /** @type {Promise<void>} */ (
        new Promise((ended) => {
          const look = () => {
            left.push(Number(timer.dataset["seconds"]));
            if (left.at(-1) === 0) ended();
          };
          new MutationObserver(look).observe(timer, { attributes: true });
        })
      );
      return left;
    });
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => b - a),
      "it only goes down",
    );
    assert.ok(seen.length >= 3, `second by second: ${seen.join(", ")}`);
    assert.equal(await page.textContent("#token-countdown"), "expired");
    await page.click("#expire-now");
    await page.waitForSelector("#token-countdown:not([data-seconds='0'])");
  },
);

test("the claims of both tokens are shown, and belong together", async ({ page, server }) => {
  const username = await signUp(page);
  const claims = async (/** @type {string} */ id) =>
    Object.fromEntries(
      await page
        .locator(`#${id} [data-claim]`)
        .evaluateAll((rows) =>
          rows.map((row) => [
            /** @type {HTMLElement} */ (row).dataset["claim"],
            row.querySelector(".claim-value code")?.textContent,
          ]),
        ),
    );
  await page.waitForSelector("#token-inspector");
  const access = await claims("access-token-claims");
  const identity = await claims("id-token-claims");
  const subject = await page.textContent(".answer dd code");
  assert.equal(access["typ"], "at+jwt");
  assert.equal(access["iss"], server.url);
  assert.equal(access["client_id"], "tegata-spa");
  assert.equal(access["username"], username);
  assert.equal(access["sub"], subject);
  assert.equal(Number(access["exp"]) - Number(access["iat"]), 3);
  assert.equal(identity["aud"], "tegata-spa");
  assert.equal(identity["sub"], subject);
  assert.equal(identity["preferred_username"], username);
  assert.equal(identity["sid"], access["sid"]);
  assert.ok(identity["at_hash"]);
});

test("a reload keeps the user logged in", async ({ page }) => {
  await signUp(page);
  await page.reload();
  await showsData(page);
  assert.deepEqual((await timeline(page)).slice(0, 3), [
    "request GET /auth/config 200",
    "refresh POST /auth/refresh 200",
    "rotation refresh",
  ]);
});
