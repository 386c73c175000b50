// Every page of the application in a state worth looking at.
import { PASSWORD, fillLogin, freshName, showsData } from "./actions.js";

/** @typedef {import("playwright-core").Page} Page */

/**
 * Visits all pages, one after the other, with one account.
 *
 * @param {Page} page
 * @param {(name: string) => Promise<void>} visit Called when a page is ready to be looked at.
 */
export async function everyPage(page, visit) {
  const username = freshName();
  const open = async (/** @type {string} */ path, /** @type {string} */ ready) => {
    await page.goto(path);
    await page.waitForSelector(ready);
  };
  await open("/", "h1");
  await visit("home");
  await open("/no/such/page", "h1");
  await visit("not-found");
  await open("/signup", "#signup-form");
  await visit("signup");
  await page.fill("#username", "-");
  await page.fill("#password", "too short");
  await page.click("#signup-submit");
  await page.waitForSelector("#username-error");
  await visit("signup-errors");
  await open("/login", "#login-form");
  await visit("login");
  await fillLogin(page, username, PASSWORD);
  await page.waitForSelector("#form-error");
  await visit("login-error");

  await open("/signup", "#signup-form");
  await page.fill("#username", username);
  await page.fill("#password", PASSWORD);
  await page.click("#signup-submit");
  await showsData(page);
  await page.waitForSelector("#access-token-claims", { state: "attached" });
  await page.evaluate(() => document.getElementById("expire-now")?.click());
  await page.waitForSelector("#request-timeline [data-kind=retry]", { state: "attached" });
  await visit("protected");
  const sheet = page.locator(".sheet-toggle");
  if (await sheet.isVisible()) {
    await sheet.click();
    await visit("inspector");
    await sheet.click();
  }
  await open("/profile", "#profile-form");
  await page.click("[data-testid=delete-account] summary");
  await visit("profile");
  await open("/devices", "#sessions-list > li");
  await visit("devices");
  await open("/password", "#password-form");
  await visit("password");
  await open("/", "main a[href='/protected']");
  await visit("home-logged-in");

  await page.route("**/auth/refresh", (route) => route.abort("connectionrefused"));
  await page.goto("/protected");
  await page.waitForSelector("#form-error");
  await visit("unreachable");
  await page.unroute("**/auth/refresh");
}

/** What visiting every page is refused on the way. */
export const REFUSALS = ["400 POST /auth/signup", "401 POST /auth/login", "401 GET /api/protected"];
