import assert from "node:assert/strict";
import {
  OTHER_PASSWORD,
  PASSWORD,
  expires,
  fillLogin,
  follow,
  isLoggedOut,
  logIn,
  showsData,
  signUp,
} from "../support/actions.js";
import { suite } from "../support/suite.js";

const test = suite(() => ["tokens.access_token_ttl=2s"]);

/** What a page meets that does not know yet that its session has ended. */
const refusals = [
  "401 GET /api/protected",
  "401 POST /auth/refresh",
  "401 GET /users/me/sessions",
  "401 POST /users/me/password",
  "401 POST /auth/logout-all",
];
const PHONE =
  "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";

/**
 * One person, logged in on a desk and on a phone.
 *
 * @param {import("../support/suite.js").Stage} stage
 */
async function twoDevices({ page, device }) {
  const username = await signUp(page);
  const phone = await (await device({ userAgent: PHONE })).page();
  await logIn(phone, username);
  return { username, desk: page, phone };
}

/** After its next refresh, this device is logged out. @param {import("playwright-core").Page} page */
async function isEnded(page) {
  await expires(page);
  await page.click("#protected-reload");
  await isLoggedOut(page);
  assert.deepEqual(
    (await page.context().cookies()).map(({ name }) => name).filter((name) => name !== "tegata_device"),
    [],
  );
}

/** This device goes on, over its next refresh. @param {import("playwright-core").Page} page */
async function goesOn(page) {
  await page.reload();
  await page.waitForSelector("#logout");
}

test(
  "ending another device really ends it at its next refresh, and only that one",
  { refusals },
  async (stage) => {
    const { desk, phone } = await twoDevices(stage);
    await follow(desk, "/devices");
    await desk.waitForSelector("#sessions-list > li");
    const names = await desk.locator("#sessions-list h2").allTextContents();
    assert.equal(names.length, 2);
    assert.ok(
      names.some((name) => name === "Chrome on Android"),
      names.join(", "),
    );
    assert.equal(await desk.locator("#sessions-list [data-current=true]").count(), 1);
    await desk.click("[data-testid=session-end]");
    await desk.waitForFunction(() => document.querySelectorAll("#sessions-list > li").length === 1);
    await isEnded(phone);
    assert.equal(await phone.textContent(".note"), "Your session has ended. Please log in again.");
    await goesOn(desk);
  },
);

test("logging out everywhere ends every device", { refusals }, async (stage) => {
  const { desk, phone } = await twoDevices(stage);
  await follow(desk, "/devices");
  await desk.click("#logout-all");
  await isLoggedOut(desk);
  await isEnded(phone);
  await desk.goto("/protected");
  await isLoggedOut(desk);
});

test(
  "a change of password ends the other device, and the old password is of no use",
  { refusals: [...refusals, "401 POST /auth/login"] },
  async (stage) => {
    const { username, desk, phone } = await twoDevices(stage);
    await follow(desk, "/password");
    await desk.fill("#current-password", PASSWORD);
    await desk.fill("#new-password", OTHER_PASSWORD);
    await desk.click("#password-submit");
    await desk.waitForSelector('#password-form .done:has-text("Other sessions have ended.")');
    await isEnded(phone);
    await goesOn(desk);
    await fillLogin(phone, username, PASSWORD);
    await phone.waitForSelector("#form-error[data-code=invalid_credentials]");
    await fillLogin(phone, username, OTHER_PASSWORD);
    await showsData(phone);
  },
);

test("logging out ends this device only", { refusals }, async (stage) => {
  const { desk, phone } = await twoDevices(stage);
  await phone.click("#logout");
  await isLoggedOut(phone);
  await goesOn(desk);
});
