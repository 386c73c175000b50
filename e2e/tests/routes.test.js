import assert from "node:assert/strict";
import { PASSWORD, fillLogin, isLoggedOut, logIn, logOut, showsData, signUp } from "../support/actions.js";
import { suite } from "../support/suite.js";

const test = suite();

test("a deep link works for someone who is logged in", async ({ page }) => {
  await signUp(page);
  const tab = await page.context().newPage();
  await tab.goto("/devices?from=mail#list");
  await tab.waitForSelector("#sessions-list > li");
  assert.equal(new URL(tab.url()).pathname, "/devices");
});

test("a deep link leads someone who is logged out to log in, and then back to it", async ({
  page,
  device,
}) => {
  const username = await signUp(page);
  const other = await (await device()).page();
  await other.goto("/profile?from=mail#details");
  await isLoggedOut(other);
  await fillLogin(other, username, PASSWORD);
  await other.waitForSelector("#profile-form");
  assert.equal(other.url().slice(new URL(other.url()).origin.length), "/profile?from=mail#details");
});

test("the way back leads through signing up, too", async ({ page }) => {
  await page.goto("/devices");
  await isLoggedOut(page);
  await page.click('main a[href^="/signup"]');
  await page.fill("#username", "wanderer");
  await page.fill("#password", PASSWORD);
  await page.click("#signup-submit");
  await page.waitForSelector("#sessions-list > li");
});

test("the way back never leads to another site", async ({ page, server }) => {
  const username = await signUp(page);
  const elsewhere = [
    "https://elsewhere.invalid/",
    "//elsewhere.invalid/",
    "///elsewhere.invalid",
    "/\\elsewhere.invalid",
    "\\\\elsewhere.invalid",
    "/\t/elsewhere.invalid",
    "/.//elsewhere.invalid",
    "/%2e//elsewhere.invalid",
    " https://elsewhere.invalid",
    "https:elsewhere.invalid",
    "javascript:document.title='taken'",
    "data:text/html,taken",
    "@elsewhere.invalid",
    `${server.url}@elsewhere.invalid`,
  ];
  // Someone who is logged in is sent on at once, by the same rule.
  for (const target of elsewhere) {
    await page.goto(`/login?return_to=${encodeURIComponent(target)}`);
    await showsData(page);
    assert.equal(page.url(), `${server.url}/protected`, target);
  }
  for (const target of elsewhere.slice(0, 3)) {
    await logOut(page);
    await page.goto(`/login?return_to=${encodeURIComponent(target)}`);
    await logIn(page, username);
    assert.equal(page.url(), `${server.url}/protected`, target);
  }
});

test("someone who is logged in is not asked to log in again", async ({ page }) => {
  await signUp(page);
  await page.goto("/login");
  await showsData(page);
  await page.goto("/signup?return_to=%2Fdevices");
  await page.waitForSelector("#sessions-list");
});

test("an address without a page says so", async ({ page }) => {
  await page.goto("/no/such/page");
  assert.equal(await page.textContent("h1"), "The road ends here");
  await page.click("main a");
  await page.waitForURL((url) => url.pathname === "/");
});
