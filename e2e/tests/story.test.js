import assert from "node:assert/strict";
import {
  PASSWORD,
  OTHER_PASSWORD,
  follow,
  freshName,
  isLoggedOut,
  logIn,
  logOut,
  showsData,
} from "../support/actions.js";
import { checkJapanese } from "../support/japanese.js";
import { suite } from "../support/suite.js";

const test = suite();

/**
 * From signing up to logging in with the new password.
 *
 * @param {import("playwright-core").Page} page
 * @param {Record<string, string>} texts What the pages must say.
 * @param {(names: readonly string[]) => Promise<void>} look At each page.
 */
async function wholeStory(page, texts, look) {
  const username = freshName();
  const names = [username, "Alice Hiking"];
  await look(names);
  await page.click('main a[href="/signup"]');
  await page.waitForSelector("#signup-form");
  await look(names);
  await page.fill("#username", username);
  await page.fill("#password", PASSWORD);
  await page.click("#signup-submit");

  await showsData(page);
  assert.equal(await page.textContent("h1"), texts["protected"]);
  assert.ok((await page.textContent(".answer dl"))?.includes(username));
  await look(names);

  await follow(page, "/profile");
  await page.fill("#name", "Alice Hiking");
  await page.click("#profile-submit");
  await page.waitForSelector(`#profile-form .done:has-text("${texts["saved"]}")`);
  await look(names);
  await page.reload();
  assert.equal(await page.inputValue("#name"), "Alice Hiking");

  await follow(page, "/devices");
  await page.waitForSelector("#sessions-list > li");
  assert.equal(await page.locator("#sessions-list > li").count(), 1);
  assert.equal(await page.textContent("#sessions-list .badge"), texts["thisDevice"]);
  await look(names);

  await follow(page, "/password");
  await page.fill("#current-password", PASSWORD);
  await page.fill("#new-password", OTHER_PASSWORD);
  await page.click("#password-submit");
  await page.waitForSelector(`#password-form .done:has-text("${texts["changed"]}")`);
  await look(names);

  await logOut(page);
  assert.equal(await page.textContent("h1"), texts["logIn"]);
  await look(names);
  await logIn(page, username, OTHER_PASSWORD);
  assert.equal(await page.textContent("#logout"), texts["logOut"]);
}

test("the whole story is told in English, without an error or a violation of the policy", async ({
  page,
}) => {
  await page.goto("/");
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await wholeStory(
    page,
    {
      protected: "The checkpoint",
      saved: "Saved.",
      thisDevice: "This device",
      changed: "Your password is changed.",
      logIn: "Log in",
      logOut: "Log out",
    },
    async () => assert.doesNotMatch(await page.innerText("main"), /[\u3040-\u30ff]/),
  );
});

test("the whole story is told in Japanese, and no English is left", async ({ page }) => {
  await page.goto("/");
  await page.selectOption("#language-select", "ja");
  await page.waitForSelector('html[lang="ja"]');
  await wholeStory(
    page,
    {
      protected: "関所",
      saved: "保存しました。",
      thisDevice: "この端末",
      changed: "パスワードを変更しました。",
      logIn: "ログイン",
      logOut: "ログアウト",
    },
    (names) => checkJapanese(page, names),
  );
  await page.reload();
  await showsData(page);
  assert.equal(await page.getAttribute("html", "lang"), "ja", "the language is remembered");
});

test(
  "a browser that speaks Japanese is answered in Japanese",
  { device: { locale: "ja-JP" } },
  async ({ page }) => {
    await page.goto("/login");
    await page.waitForSelector("#login-form");
    await checkJapanese(page, []);
  },
);

test(
  "an account can be deleted, and its sessions with it",
  { refusals: ["401 POST /auth/login"] },
  async ({ page }) => {
    const username = freshName();
    await page.goto("/signup");
    await page.fill("#username", username);
    await page.fill("#password", PASSWORD);
    await page.click("#signup-submit");
    await showsData(page);
    await follow(page, "/profile");
    await page.click("[data-testid=delete-account] summary");
    await page.fill("#delete-password", PASSWORD);
    await page.click("#delete-submit");
    await isLoggedOut(page);
    await page.fill("#username", username);
    await page.fill("#password", PASSWORD);
    await page.click("#login-submit");
    await page.waitForSelector("#form-error[data-code=invalid_credentials]");
  },
);
