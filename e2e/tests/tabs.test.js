import assert from "node:assert/strict";
import { askAtOnce, expires, isLoggedOut, logOut, showsData, signUp } from "../support/actions.js";
import { suite } from "../support/suite.js";

const test = suite(() => ["tokens.access_token_ttl=2s"]);
const ROUNDS = 10;
const refusals = ["401 GET /api/protected"];

/**
 * The refresh tokens that the server gives out, by the cookies it sets.
 *
 * @param {import("playwright-core").BrowserContext} context
 */
function watchRefreshes(context) {
  /** @type {Promise<string>[]} */
  const answers = [];
  context.on("response", (answer) => {
    if (!answer.url().endsWith("/auth/refresh")) return;
    const token = async () => {
      const headers = await answer.headersArray();
      const cookies = headers.filter(({ name }) => name.toLowerCase() === "set-cookie");
      const own = cookies.find(({ value }) => value.startsWith("tegata_refresh="));
      return `${answer.status()} ${own?.value.split(";")[0]}`;
    };
    answers.push(token());
  });
  return { next: async () => Promise.all(answers.splice(0)) };
}

/**
 * Two tabs whose tokens are no longer good ask at once, ten times; after that both are still logged in.
 *
 * @param {import("playwright-core").Page} first
 * @param {"expired" | "broken"} how Waiting takes long, breaking the tokens by hand does not.
 * @param {(answers: readonly string[], round: string) => void} check What refreshes there may be in a round.
 */
async function refreshInTwoTabs(first, how, check) {
  await signUp(first);
  const second = await first.context().newPage();
  await second.goto("/protected");
  await showsData(second);
  const tabs = [first, second];
  for (const tab of tabs) await tab.waitForSelector("#expire-now");
  const refreshes = watchRefreshes(first.context());
  for (let number = 1; number <= ROUNDS; number++) {
    const round = `round ${number}`;
    if (how === "expired") await Promise.all(tabs.map(expires));
    const button = how === "expired" ? "protected-reload" : "expire-now";
    await refreshes.next();
    assert.deepEqual(await askAtOnce(tabs, button), [200, 200], round);
    const answers = await refreshes.next();
    for (const answer of answers) assert.match(answer, /^200 tegata_refresh=tgr_/, round);
    check(answers, round);
  }
  for (const tab of tabs) {
    await tab.reload();
    await showsData(tab);
  }
}

test("two tabs that refresh at once share one refresh, ten times over", { refusals }, ({ page }) =>
  refreshInTwoTabs(page, "expired", (answers, round) => assert.equal(answers.length, 1, round)),
);

test(
  "two tabs without locks and messages get one and the same successor, ten times over",
  { refusals },
  async ({ page }) => {
    await page.context().addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "locks", { value: undefined });
      Object.defineProperty(globalThis, "BroadcastChannel", { value: undefined });
    });
    let shared = 0;
    await refreshInTwoTabs(page, "broken", (answers, round) => {
      assert.equal(answers.length, 2, round);
      // A tab that came late showed the successor, and got the successor of that.
      if (answers[0] === answers[1]) shared++;
    });
    assert.ok(shared > 0, "no two refreshes met");
  },
);

test("logging out in one tab logs out all tabs", { refusals }, async ({ page }) => {
  await signUp(page);
  const tabs = [await page.context().newPage(), await page.context().newPage()];
  for (const [place, tab] of tabs.entries()) {
    await tab.goto(place === 0 ? "/protected" : "/profile");
    await tab.waitForSelector("#logout");
  }
  await logOut(page);
  for (const tab of tabs) {
    await isLoggedOut(tab);
    assert.equal(await tab.locator("#token-inspector").count(), 0);
  }
});

test("logging in in one tab lets the other in when it is looked at again", { refusals }, async ({ page }) => {
  await page.goto("/login");
  await page.waitForSelector("#login-form");
  const other = await page.context().newPage();
  await signUp(other);
  await page.bringToFront();
  await showsData(page);
});
