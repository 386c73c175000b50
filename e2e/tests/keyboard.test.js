import assert from "node:assert/strict";
import {
  OTHER_PASSWORD,
  PASSWORD,
  freshName,
  headingHasFocus,
  isLoggedOut,
  showsData,
} from "../support/actions.js";
import { press, tabTo, type } from "../support/keyboard.js";
import { suite } from "../support/suite.js";

const test = suite();

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };

/** @param {import("playwright-core").Page} page */
async function wholeStory(page) {
  const username = freshName();
  await page.goto("/");
  await page.waitForSelector("h1");
  await press(page, 'main a[href="/signup"]');
  await headingHasFocus(page);
  await type(page, "#username", username);
  await type(page, "#password", PASSWORD);
  await page.keyboard.press("Enter");
  await showsData(page);
  await headingHasFocus(page);

  await press(page, 'nav a[href="/profile"]');
  await headingHasFocus(page);
  await page.waitForSelector("#profile-form");
  await type(page, "#name", "Alice");
  await press(page, "#profile-submit");
  await page.waitForSelector('#profile-form .done:has-text("Saved.")');

  await press(page, 'nav a[href="/devices"]');
  await headingHasFocus(page);
  await page.waitForSelector("#sessions-list > li");

  await press(page, 'nav a[href="/password"]');
  await headingHasFocus(page);
  await type(page, "#current-password", PASSWORD);
  await type(page, "#new-password", OTHER_PASSWORD);
  await press(page, "#password-submit");
  await page.waitForSelector("#password-form .done:has-text('Your password is changed.')");

  // On a phone the inspector is a sheet that is pulled up first.
  const sheet = page.locator(".sheet-toggle");
  if (await sheet.isVisible()) await press(page, ".sheet-toggle");
  await press(page, "#expire-now");
  await page.waitForSelector("#request-timeline [data-kind=retry]");
  if (await sheet.isVisible()) await page.keyboard.press("Escape");
  await press(page, "#logout");
  await isLoggedOut(page);
  await headingHasFocus(page);
  await type(page, "#username", username);
  await type(page, "#password", OTHER_PASSWORD);
  await press(page, "#login-submit");
  await showsData(page);
}

for (const [size, viewport] of Object.entries(SIZES)) {
  test(
    `the whole story can be told without a mouse on a ${size}, and the focus follows it`,
    { refusals: ["401 GET /api/protected"], device: { viewport } },
    ({ page }) => wholeStory(page),
  );
}

test("the focus goes through a page in the order in which it is read", async ({ page }) => {
  await page.goto("/login");
  await page.waitForSelector("#login-form");
  /** @type {string[]} */
  const stops = [];
  for (let stop = 0; stop < 9; stop++) {
    await page.keyboard.press("Tab");
    stops.push(
      await page.evaluate(() => document.activeElement?.id || document.activeElement?.className || "?"),
    );
  }
  assert.deepEqual(stops, [
    "skip",
    "brand",
    "language-select",
    "theme-select",
    "username",
    "password",
    "reveal",
    "login-submit",
    await page.evaluate(() => document.querySelector(".below a")?.className || "?"),
  ]);
});

test("the first stop skips to the content", async ({ page }) => {
  await page.goto("/login");
  await page.waitForSelector("#login-form");
  await press(page, ".skip");
  await page.waitForFunction(() => document.activeElement?.id === "main");
  await tabTo(page, "#username");
});

test(
  "an error moves the focus to the first field that it is about",
  { refusals: ["400 POST /auth/signup"] },
  async ({ page }) => {
    await page.goto("/signup");
    await page.waitForSelector("#signup-form");
    await press(page, "#signup-submit");
    await page.waitForFunction(() => document.activeElement?.id === "username");
    await page.keyboard.type(freshName());
    await type(page, "#password", "short");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.id === "password");
    await page.waitForSelector("#password-error");
  },
);

test("language and theme are chosen with the keyboard, and remembered", async ({ page }) => {
  await page.goto("/login");
  await page.waitForSelector("#login-form");
  await tabTo(page, "#language-select");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector('html[lang="ja"]');
  await tabTo(page, "#theme-select");
  await page.keyboard.press("End");
  await page.waitForSelector('html[data-theme="dark"]');
  await page.reload();
  await page.waitForSelector('html[lang="ja"][data-theme="dark"]');
});
