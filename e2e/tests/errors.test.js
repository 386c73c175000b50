import assert from "node:assert/strict";
import {
  PASSWORD,
  askAgain,
  expires,
  fillLogin,
  follow,
  freshName,
  logOut,
  showsData,
  signUp,
} from "../support/actions.js";
import { suite } from "../support/suite.js";

const test = suite(() => ["throttle.account.first_delay=4s", "tokens.access_token_ttl=5s"]);

const wrong = { refusals: ["401 POST /auth/login"] };
const tooOften = { refusals: ["401 POST /auth/login", "429 POST /auth/login"] };

/** What is said beside a field, and that the focus is there. @param {import("playwright-core").Page} page @param {string} id */
async function errorBeside(page, id) {
  await page.waitForSelector(`#${id}[aria-invalid=true]`);
  await page.waitForFunction((field) => document.activeElement?.id === field, id);
  const describedBy = await page.getAttribute(`#${id}`, "aria-describedby");
  assert.ok(describedBy?.split(" ").includes(`${id}-error`), "a screen reader hears it with the field");
  return page.textContent(`#${id}-error`);
}

test("r60_a_wrong_password_and_an_unknown_name_get_one_message", wrong, async ({ page }) => {
  const username = await signUp(page);
  await logOut(page);
  for (const [name, password] of [
    [username, "not the password at all"],
    [freshName(), PASSWORD],
  ]) {
    await page.goto("/login");
    await fillLogin(page, String(name), String(password));
    await page.waitForSelector("#form-error");
    assert.deepEqual(await page.locator("[role=alert]").allInnerTexts(), ["User name or password is wrong."]);
    assert.equal(await page.locator(".field-error").count(), 0);
  }
});

test(
  "a name that is taken is said beside its field, whatever its case",
  { refusals: ["409 POST /auth/signup"] },
  async ({ page }) => {
    const username = await signUp(page);
    await logOut(page);
    await page.goto("/signup");
    await page.fill("#username", username.toUpperCase());
    await page.fill("#password", PASSWORD);
    await page.click("#signup-submit");
    assert.equal(await errorBeside(page, "username"), "This user name is already taken.");
    await page.fill("#username", freshName());
    await page.click("#signup-submit");
    await showsData(page);
  },
);

test(
  "what is wrong with a new account is said beside each field",
  { refusals: ["400 POST /auth/signup"] },
  async ({ page }) => {
    await page.goto("/signup");
    await page.click("#signup-submit");
    assert.equal(await errorBeside(page, "username"), "Please fill this in.");
    assert.equal(await page.textContent("#password-error"), "Please fill this in.");
    await page.fill("#username", freshName());
    await page.fill("#password", "too short");
    await page.click("#signup-submit");
    assert.equal(await errorBeside(page, "password"), "Please use at least 15 characters.");
    await page.fill("#username", "-");
    await page.fill("#password", PASSWORD);
    await page.click("#signup-submit");
    assert.match(String(await errorBeside(page, "username")), /^Please use 3 to 64 letters/);
    assert.equal(await page.locator("#password-error").count(), 0);
  },
);

test(
  "a wrong current password is said beside its field",
  { refusals: ["403 POST /users/me/password", "401 POST /users/me/password"] },
  async ({ page }) => {
    await signUp(page);
    await follow(page, "/password");
    await page.fill("#current-password", "not the password at all");
    await page.fill("#new-password", "a ferry waits below the bridge");
    await page.click("#password-submit");
    assert.equal(await errorBeside(page, "current-password"), "The current password is wrong.");
  },
);

test("r59_after_six_wrong_passwords_a_wait_is_counted_down_and_ends", tooOften, async ({ page, device }) => {
  const username = await signUp(page);
  const stranger = await (await device()).page();
  await stranger.goto("/login");
  for (let attempt = 1; attempt <= 6; attempt++) {
    const answered = stranger.waitForResponse((answer) => answer.url().endsWith("/auth/login"));
    await fillLogin(stranger, username, `wrong password number ${attempt}`);
    assert.equal((await answered).status(), 401, `attempt ${attempt}`);
    await stranger.waitForSelector("#login-submit[aria-disabled=false]");
  }
  await fillLogin(stranger, username, PASSWORD);
  await stranger.waitForSelector("#form-error[data-code=too_many_attempts]");
  assert.match(await stranger.innerText("#form-error"), /Too many attempts\. Try again in [1-4] s\./);
  assert.equal(await stranger.getAttribute("#login-submit", "aria-disabled"), "true");
  await stranger.click("#login-submit", { force: true });
  await stranger.waitForSelector('#form-error :text("You can try again now.")');
  await stranger.click("#login-submit");
  await showsData(stranger);

  // The owner's own device was never in the way of it.
  await logOut(page);
  await fillLogin(page, username, PASSWORD);
  await showsData(page);
});

test(
  "a server that is away logs nobody out, and the page goes on when it is back",
  {
    refusals: ["401 GET /api/protected", "401 PATCH /users/me"],
    console: [
      /net::ERR_CONNECTION_REFUSED/,
      /net::ERR_(CONNECTION_RESET|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/,
    ],
  },
  async ({ page, server }) => {
    await signUp(page);
    await follow(page, "/profile");
    await page.fill("#name", "half typed");
    const reader = await page.context().newPage();
    await reader.goto("/protected");
    await showsData(reader);

    await server.stop();
    await reader.click("#protected-reload");
    await reader.waitForSelector("#form-error[data-code=network_error]");
    assert.match(await reader.innerText("#form-error"), /could not be reached/);
    assert.ok(await reader.isVisible("#protected-message"), "what was there is still there");
    await expires(reader);
    await page.click("#profile-submit");
    await page.waitForSelector("#profile-form #form-error[data-code=network_error]");

    await server.start();
    assert.equal(await askAgain(reader), 200);
    await reader.waitForSelector("#form-error", { state: "detached" });
    assert.equal(await page.inputValue("#name"), "half typed");
    await page.click("#profile-submit");
    await page.waitForSelector('#profile-form .done:has-text("Saved.")');
    await page.reload();
    await page.waitForSelector("#profile-form");
    assert.equal(await page.inputValue("#name"), "half typed");
  },
);

test(
  "a refresh that cannot be asked for is said in a banner and repeated until it is answered",
  {
    refusals: ["401 GET /api/protected"],
    console: [/net::ERR_/],
  },
  async ({ page }) => {
    await signUp(page);
    await page.route("**/auth/refresh", (route) => route.abort("connectionrefused"));
    await page.click("#expire-now");
    await page.waitForSelector('.banner:has-text("The server cannot be reached. You stay logged in")');
    assert.ok(await page.isVisible("#logout"));
    await page.unroute("**/auth/refresh");
    await page.waitForSelector(".banner", { state: "detached" });
    assert.equal(await askAgain(page), 200);
  },
);

test("a browser without a network is told so", async ({ page }) => {
  await signUp(page);
  await page.context().setOffline(true);
  await page.waitForSelector('.banner:has-text("You are offline.")');
  await page.context().setOffline(false);
  await page.waitForSelector(".banner", { state: "detached" });
});
