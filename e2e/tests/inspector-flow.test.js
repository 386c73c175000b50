// The page that shows learners an authorization code flow: run for real, against the very server that it comes from.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { PASSWORD, freshName, headingHasFocus, signUp } from "../support/actions.js";
import { violations } from "../support/axe.js";
import { press } from "../support/keyboard.js";
import { checkJapanese } from "../support/japanese.js";
import { allow, heading, logInAt, makeAccount } from "../support/provider-pages.js";
import { findsNoToken } from "../support/secrets.js";
import { suite } from "../support/suite.js";

const test = suite();
const PATH = "/inspector/flow";

/** @typedef {import("playwright-core").Page} Page */

/** The value of a parameter, as a step shows it. @param {Page} page @param {string} step @param {string} name */
const parameter = (page, step, name) => page.textContent(`#step-${step} [data-parameter=${name}] dd > code`);

/** Which steps are reached. @param {Page} page */
const reached = (page) =>
  page
    .locator(".flow-step[data-reached=true]")
    .evaluateAll((steps) => steps.map(({ id }) => id.replace("step-", "")));

/** Each check with how it went. @param {Page} page @param {string} step */
const checks = (page, step) =>
  page.locator(`#step-${step} .checks > li`).evaluateAll((all) =>
    all.map((one) => {
      const { check, passed } = /** @type {HTMLElement} */ (one).dataset;
      return `${check} ${passed}`;
    }),
  );

/** Status and answer of the exchange that a step shows at last. @param {Page} page @param {string} step @param {number} [number] */
async function exchange(page, step, number = 1) {
  const shown = page.locator(`#step-${step} .exchange`).nth(number - 1);
  await shown.waitFor();
  const answer = shown.locator(".answer-body");
  return {
    status: Number(await shown.getAttribute("data-status")),
    answer: (await answer.count()) > 0 ? JSON.parse(String(await answer.textContent())) : {},
  };
}

/** All that a script of the page could find in this tab, beyond memory. @param {Page} page */
const stored = (page) => page.evaluate(() => ({ ...localStorage, ...sessionStorage }));

/** From the first step to the pages of the provider. @param {Page} page */
async function setOut(page) {
  await page.goto(PATH);
  await page.click("#flow-begin");
  await page.click("#flow-send");
}

test(
  "every step of the flow is run and shown, and no token can be found",
  { refusals: ["400 POST /oauth2/token"] },
  async ({ page, server }) => {
    const username = freshName();
    await makeAccount(server.url, username);
    /** @type {Promise<string[]>[]} */
    const answers = [];
    page.on("response", (answer) => {
      if (!answer.url().endsWith("/oauth2/token") || answer.status() !== 200) return;
      answers.push(
        answer
          .json()
          .then(({ access_token, id_token, refresh_token }) => [access_token, id_token, refresh_token]),
      );
    });

    await page.goto("/");
    await page.click(`main a[href="${PATH}"]`);
    await headingHasFocus(page);
    await page.waitForSelector("#flow-begin");
    assert.deepEqual(await reached(page), ["pkce"]);
    await page.click("#flow-begin");
    const verifier = String(await page.textContent("#code-verifier"));
    assert.match(verifier, /^[\w-]{43}$/);
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    assert.equal(await page.textContent("#code-challenge"), challenge);
    assert.deepEqual(await stored(page), {}, "nothing is kept before it has to be");

    assert.deepEqual(await reached(page), ["pkce", "request"]);
    const names =
      "response_type client_id redirect_uri scope state nonce code_challenge code_challenge_method";
    for (const name of names.split(" ")) {
      const note = page.locator(`#step-request [data-parameter=${name}] .claim-note`);
      assert.match(String(await note.textContent()), /\..*(RFC|OIDC)/, name);
    }
    assert.equal(await parameter(page, "request", "code_challenge"), challenge);
    assert.equal(await parameter(page, "request", "redirect_uri"), server.url + PATH);
    const state = await parameter(page, "request", "state");
    const sent = page.waitForRequest((request) => request.url().includes("/oauth2/authorize?"));
    await page.click("#flow-send");
    const query = new URL((await sent).url()).searchParams;
    assert.equal(query.get("code_challenge"), challenge);
    assert.equal(query.get("state"), state);
    assert.ok(!(await sent).url().includes(verifier));

    await logInAt(page, username);
    assert.equal(await heading(page), "Allow access?");
    await allow(page);

    await page.waitForSelector("#flow-redeem");
    assert.equal(page.url(), server.url + PATH, "no code is left in the address");
    assert.deepEqual(await stored(page), {}, "what waited for the browser is gone");
    assert.equal(await page.textContent("#code-verifier"), verifier);
    assert.deepEqual(await checks(page, "callback"), ["code true", "state true", "iss true"]);

    await page.click("#flow-redeem");
    const redeemed = await exchange(page, "token");
    assert.equal(redeemed.status, 200);
    assert.equal(redeemed.answer.token_type, "Bearer");
    assert.match(redeemed.answer.access_token, /^.{8}…$/);
    assert.match(redeemed.answer.refresh_token, /^.{8}…$/);
    assert.equal(await parameter(page, "token", "code_verifier"), verifier);
    assert.match(String(await parameter(page, "token", "code")), /^.{8}…$/);

    await page.click("#flow-check");
    await page.waitForSelector("#step-id-token .checks");
    const all = ["signature", "iss", "aud", "azp", "exp", "iat", "nonce", "at_hash"].map(
      (name) => `${name} true`,
    );
    assert.deepEqual(await checks(page, "id-token"), all);
    assert.equal(
      await page.textContent("#step-id-token [data-claim=aud] .claim-value code"),
      "token-inspector",
    );

    await page.click("#flow-user-info");
    const { status, answer: user } = await exchange(page, "user-info");
    assert.deepEqual([status, user.preferred_username], [200, username]);
    assert.deepEqual(await checks(page, "user-info"), ["sub true"]);

    await page.click("#flow-refresh");
    assert.equal((await exchange(page, "refresh", 1)).status, 200);
    await page.click("#flow-replay");
    const replayed = await exchange(page, "refresh", 2);
    assert.deepEqual([replayed.status, replayed.answer.error], [400, "invalid_grant"]);
    await page.click("#flow-refused");
    const refused = await exchange(page, "refresh", 3);
    assert.deepEqual([refused.status, refused.answer.error], [400, "invalid_grant"]);

    await page.click("#flow-revoke");
    assert.equal((await exchange(page, "end")).status, 200);
    const given = (await Promise.all(answers)).flat();
    assert.equal(given.length, 6, "three from the code, three from the refresh");
    await findsNoToken(page, given);

    await page.click("#flow-log-out");
    await page.click("#logout-confirm");
    await page.waitForSelector("#flow-begin");
    assert.equal(page.url(), server.url + PATH);
    await page.click("#flow-begin");
    await page.click("#flow-send");
    await page.waitForSelector("#login-submit");
  },
);

test("a code that nobody in this tab has asked for is not used", async ({ page, server }) => {
  /** @type {string[]} */
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const planted = new URLSearchParams({ code: "code-of-a-thief", state: "guessed", iss: server.url });
  await page.goto(`${PATH}?${planted}`);
  await page.waitForSelector("#flow-stopped");
  assert.deepEqual(await checks(page, "callback"), ["code true", "state false", "iss true"]);
  assert.deepEqual(await reached(page), ["pkce", "callback"]);

  // Nor where another flow is on its way.
  await setOut(page);
  await page.waitForSelector("#login-submit");
  await page.goto(`${PATH}?${planted}`);
  await page.waitForSelector("#flow-stopped");
  assert.deepEqual(await checks(page, "callback"), ["code true", "state false", "iss true"]);
  assert.ok(!asked.includes("/oauth2/token"));
});

test("an answer of another provider is not believed", async ({ page }) => {
  await page.goto(PATH);
  await page.click("#flow-begin");
  const state = String(await parameter(page, "request", "state"));
  await page.click("#flow-send");
  await page.waitForSelector("#login-submit");
  const mixedUp = new URLSearchParams({ code: "code", state, iss: "https://mixed-up.example" });
  await page.goto(`${PATH}?${mixedUp}`);
  await page.waitForSelector("#flow-stopped");
  assert.deepEqual(await checks(page, "callback"), ["code true", "state true", "iss false"]);
});

test("a user who does not allow it is an answer, too, and the flow begins again", async ({
  page,
  server,
}) => {
  const username = freshName();
  await makeAccount(server.url, username);
  await setOut(page);
  await logInAt(page, username);
  await page.click("#consent-deny");
  await page.waitForSelector("#flow-error");
  assert.match(String(await page.textContent("#flow-error")), /access_denied/);
  assert.equal(await page.locator("#flow-redeem").count(), 0);
  await page.click("#flow-again");
  assert.deepEqual(await reached(page), ["pkce"]);
  await page.waitForSelector("#flow-begin");
});

test(
  "its tokens open nothing of the account",
  { refusals: ["403 GET /users/me"] },
  async ({ page, server }) => {
    const username = await signUp(page);
    await page.click(`#token-inspector a[href="${PATH}"]`);
    await page.click("#flow-begin");
    await page.click("#flow-send");
    await logInAt(page, username, PASSWORD);
    await allow(page);
    await page.waitForSelector("#flow-redeem");
    const answered = page.waitForResponse((answer) => answer.url().endsWith("/oauth2/token"));
    await page.click("#flow-redeem");
    const { access_token } = await (await answered).json();
    const headers = { authorization: `Bearer ${access_token}` };
    assert.equal((await fetch(`${server.url}/users/me`, { headers })).status, 403);
  },
);

for (const [size, viewport] of Object.entries({
  phone: { width: 390, height: 844 },
  desk: { width: 1280, height: 800 },
})) {
  test(
    `the flow needs no mouse and breaks no rule of WCAG A or AA on a ${size}, and is told in Japanese, too`,
    { refusals: ["400 POST /oauth2/token"], device: { viewport, locale: "ja-JP" } },
    async ({ page, server }) => {
      const username = freshName();
      await makeAccount(server.url, username);
      // Where the focus goes when a button has done its work: to the next step, or it stays in the last.
      const led = (/** @type {string} */ step) =>
        page.waitForFunction((id) => document.activeElement?.closest("li")?.id === id, `step-${step}`);
      await page.goto(PATH);
      await page.waitForSelector("#flow-begin");
      await press(page, "#flow-begin");
      await led("request");
      await press(page, "#flow-send");
      await logInAt(page, username);
      await allow(page);
      await page.waitForSelector("#flow-redeem");
      await headingHasFocus(page);
      for (const [button, next] of [
        ["redeem", "id-token"],
        ["check", "user-info"],
        ["user-info", "refresh"],
        ["refresh", "refresh"],
        ["replay", "refresh"],
        ["refused", "refresh"],
        ["revoke", "end"],
      ]) {
        await press(page, `#flow-${button}`);
        await page.waitForSelector(`#flow-${button}`, { state: "detached" });
        await led(String(next));
      }
      await page.waitForSelector("#step-end .exchange");
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await violations(page), [], colorScheme);
      }
      await checkJapanese(page, [username]);
      const { content, window } = await page.evaluate(() => ({
        content: document.documentElement.scrollWidth,
        window: innerWidth,
      }));
      assert.ok(content <= window, `${content} in ${window}`);
    },
  );
}
