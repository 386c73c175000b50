// What people do in the application, by the ids that it promises.
import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */

export const PASSWORD = "seven lanterns on the old road";
export const OTHER_PASSWORD = "a ferry waits below the bridge";

let people = 0;

/** On a server that other files of tests use, too, names are told apart by process. */
const party = process.env["TEGATA_URL"] ? `-${process.pid}` : "";

/** A user name that nobody has. */
export function freshName() {
  return `traveller${++people}${party}`;
}

/**
 * @param {Page} page
 * @param {{ username?: string, password?: string }} [person]
 */
export async function signUp(page, { username = freshName(), password = PASSWORD } = {}) {
  await page.goto("/signup");
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("#signup-submit");
  await showsData(page);
  return username;
}

/**
 * @param {Page} page
 * @param {string} username
 * @param {string} [password]
 */
export async function logIn(page, username, password = PASSWORD) {
  if (!new URL(page.url()).pathname.startsWith("/login")) await page.goto("/login");
  await fillLogin(page, username, password);
  await showsData(page);
}

/**
 * @param {Page} page
 * @param {string} username
 * @param {string} password
 */
export async function fillLogin(page, username, password) {
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("#login-submit");
}

/** @param {Page} page */
export async function logOut(page) {
  await page.click("#logout");
  await isLoggedOut(page);
}

/** The protected page is open, with its data. @param {Page} page */
export async function showsData(page) {
  await page.waitForURL((url) => url.pathname === "/protected");
  await page.waitForSelector("#protected-message");
}

/** @param {Page} page */
export async function isLoggedOut(page) {
  await page.waitForURL((url) => url.pathname === "/login");
  await page.waitForSelector("#login-form");
}

/** Goes to another page of the application by its navigation. @param {Page} page @param {string} path */
export async function follow(page, path) {
  await page.click(`nav a[href="${path}"]`);
  await page.waitForURL((url) => url.pathname === path);
}

/** Asks for the protected data again and waits for the answer. @param {Page} page */
export async function askAgain(page) {
  const answered = page.waitForResponse(
    (answer) => answer.url().endsWith("/api/protected") && answer.status() !== 401,
  );
  await page.click("#protected-reload");
  return (await answered).status();
}

/**
 * Asks for the protected data in several tabs at the same moment, by this button.
 *
 * @param {readonly Page[]} tabs
 * @param {"protected-reload" | "expire-now"} button
 */
export async function askAtOnce(tabs, button) {
  const answers = tabs.map((tab) =>
    tab.waitForResponse((answer) => answer.url().endsWith("/api/protected") && answer.status() !== 401),
  );
  // Time enough to tell all of them; they have one clock.
  const moment = Date.now() + 300;
  const click = (/** @type {{ id: string, at: number }} */ { id, at }) => {
    setTimeout(() => document.getElementById(id)?.click(), at - Date.now());
  };
  await Promise.all(tabs.map((tab) => tab.evaluate(click, { id: button, at: moment })));
  return Promise.all(answers.map(async (answer) => (await answer).status()));
}

/** Waits until the access token has expired, by the countdown. @param {Page} page */
export async function expires(page) {
  await page.waitForSelector('#token-countdown[data-seconds="0"]');
}

/**
 * The entries of the request timeline, oldest first, as `retry GET /api/protected 200` or `rotation refresh`.
 *
 * @param {Page} page
 */
export async function timeline(page) {
  await page.waitForSelector("#request-timeline > li.entry");
  const older = page.locator("[data-testid=timeline-older]");
  if (await older.isVisible()) await older.click();
  const entries = await page.locator("#request-timeline > li.entry").evaluateAll((items) =>
    items.map((item) => {
      const { kind, status, source } = /** @type {HTMLElement} */ (item).dataset;
      const path = item.querySelector(".entry-path")?.textContent;
      return kind === "rotation" ? `rotation ${source}` : `${kind} ${path} ${status}`;
    }),
  );
  return entries.reverse();
}

/** The value of a cookie, as the browser itself has it; over https its name has a prefix. @param {Page} page @param {string} name */
export async function cookie(page, name) {
  const cookies = await page.context().cookies();
  return cookies.find((one) => one.name === name || one.name === `__Host-${name}`)?.value;
}

/** The id of the element that has the focus. @param {Page} page */
export function focusedId(page) {
  return page.evaluate(() => document.activeElement?.id ?? "");
}

/** Whether the focus is on the heading of the page, which says where one is. @param {Page} page */
export async function headingHasFocus(page) {
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
}

/** The API answers a bearer token of this user. @param {string} server @param {string} username @param {string} password */
export async function tokensByApi(server, username, password) {
  const answer = await fetch(`${server}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password, token_delivery: "body" }),
  });
  assert.equal(answer.status, 200);
  return /** @type {Promise<{ access_token: string, refresh_token: string }>} */ (answer.json());
}
