// What people do on the pages of the OpenID Provider, by the ids that they promise.
import { PASSWORD } from "./actions.js";

/** @typedef {import("playwright-core").Page} Page */

/** @param {Page} page @param {string} identifier @param {string} [password] */
export async function logInAt(page, identifier, password = PASSWORD) {
  await page.fill("#identifier", identifier);
  await confirmAt(page, password);
}

/** Types the password only: the page knows who it is. @param {Page} page @param {string} [password] */
export async function confirmAt(page, password = PASSWORD) {
  await page.fill("#password", password);
  await page.click("#login-submit");
}

/** From the login page. @param {Page} page @param {string} username @param {string} [password] */
export async function signUpAt(page, username, password = PASSWORD) {
  if (!new URL(page.url()).pathname.endsWith("/signup")) await page.click('a[href^="/oauth2/signup"]');
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.click("#signup-submit");
}

/** @param {Page} page */
export async function allow(page) {
  await page.click("#consent-allow");
}

/** Makes an account without a browser. @param {string} server @param {string} username */
export async function makeAccount(server, username) {
  const answer = await fetch(`${server}/auth/signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password: PASSWORD }),
  });
  if (answer.status !== 201) throw new Error(`sign-up: ${answer.status} ${await answer.text()}`);
}

/** The heading of the page. @param {Page} page */
export async function heading(page) {
  return (await page.textContent("h1")) ?? "";
}
