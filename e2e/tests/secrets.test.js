import assert from "node:assert/strict";
import { cookie, follow, logOut, showsData, signUp } from "../support/actions.js";
import { findsNoToken, watchTokens } from "../support/secrets.js";
import { suite } from "../support/suite.js";

const test = suite();

/** What an access token that is not good any more is answered with. */
const renewal = { refusals: ["401 GET /api/protected"] };

/** @param {import("playwright-core").Page} page */
const readableCookies = (page) =>
  page.evaluate(() => document.cookie.split("; ").map((pair) => pair.split("=")[0]));

test("r45_the_refresh_cookie_is_out_of_reach_of_scripts", async ({ page }) => {
  await signUp(page);
  assert.deepEqual(await readableCookies(page), ["tegata_csrf"]);
  const cookies = await page.context().cookies();
  const refresh = cookies.find(({ name }) => name === "tegata_refresh");
  assert.match(String(refresh?.value), /^tgr_/);
  assert.equal(refresh?.httpOnly, true);
  assert.equal(refresh?.sameSite, "Strict");
  assert.equal(refresh?.path, "/");
  assert.equal(refresh?.domain, "127.0.0.1");
  // A script cannot replace it either.
  await page.evaluate(() => {
    document.cookie = "tegata_refresh=planted; path=/";
  });
  assert.equal(await cookie(page, "tegata_refresh"), refresh?.value);
});

test("r44_no_token_is_where_a_script_could_find_it", renewal, async ({ page }) => {
  const tokens = watchTokens(page.context());
  await signUp(page);
  await page.waitForSelector("#access-token-claims");
  await page.click("#expire-now");
  await page.waitForSelector("#request-timeline [data-kind=retry]");
  for (const path of ["/profile", "/devices", "/password", "/protected"]) {
    await follow(page, path);
    await page.waitForLoadState("networkidle");
    await findsNoToken(page, await tokens());
  }
  assert.equal((await tokens()).length, 5, "two from the login, two from the refresh, and the cookie");
});

test("the search for tokens finds one that was left anywhere", async ({ page }) => {
  const tokens = watchTokens(page.context());
  await signUp(page);
  const [token] = await tokens();
  const leaks = [
    (/** @type {string} */ it) => localStorage.setItem("t", it),
    (/** @type {string} */ it) => sessionStorage.setItem("t", it),
    (/** @type {string} */ it) => history.replaceState({ it }, ""),
    (/** @type {string} */ it) => document.body.setAttribute("data-t", it),
    (/** @type {string} */ it) => Object.assign(window, { app: { deep: [new Map([["t", { it }]])] } }),
    async (/** @type {string} */ it) => (await caches.open("c")).put("/x", new Response(it)),
    (/** @type {string} */ it) =>
      new Promise((done) => {
        const opening = indexedDB.open("d");
        opening.onupgradeneeded = () => opening.result.createObjectStore("s").put(it, 1);
        opening.onsuccess = done;
      }),
  ];
  for (const leak of leaks) {
    const tab = await page.context().newPage();
    await tab.goto("/protected");
    await showsData(tab);
    await findsNoToken(tab, await tokens());
    await tab.evaluate(leak, String(token));
    await assert.rejects(findsNoToken(tab, await tokens()), { name: "AssertionError" }, String(leak));
    await tab.evaluate(async () => {
      localStorage.clear();
      sessionStorage.clear();
      await caches.delete("c");
    });
    await tab.close();
  }
});

test("logging out takes the cookies of the session back", async ({ page }) => {
  await signUp(page);
  await logOut(page);
  assert.deepEqual(
    (await page.context().cookies()).map(({ name }) => name),
    ["tegata_device"],
  );
});
