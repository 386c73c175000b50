// The provider's pages, for whoever sees, hears or moves differently.
import assert from "node:assert/strict";
import { freshName, PASSWORD } from "../support/actions.js";
import { violations } from "../support/axe.js";
import { everyProviderPage, REFUSALS, SETTINGS } from "../support/every-provider-page.js";
import { press, type } from "../support/keyboard.js";
import { heading } from "../support/provider-pages.js";
import { relyingParty } from "../support/relying-party.js";
import { suite } from "../support/suite.js";

const test = suite(() => SETTINGS);

const LOOKS = {
  "a desk in English": { viewport: { width: 1280, height: 800 }, locale: "en-GB" },
  "a phone in Japanese": { viewport: { width: 390, height: 844 }, locale: "ja-JP" },
};

for (const [look, device] of Object.entries(LOOKS)) {
  test(
    `no page of the provider breaks WCAG A or AA on ${look}, light or dark`,
    { refusals: REFUSALS, device },
    async ({ page, server }) => {
      await everyProviderPage(page, server, async (name) => {
        for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
          await page.emulateMedia({ colorScheme });
          assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}`);
        }
        const { content, window } = await page.evaluate(() => ({
          content: document.documentElement.scrollWidth,
          window: innerWidth,
        }));
        assert.ok(content <= window, `${name} fits: ${content} in ${window}`);
      });
    },
  );
}

test("a login can be told without a mouse, and the focus begins where one types", async ({
  page,
  server,
}) => {
  const wiki = await relyingParty(server);
  const username = freshName();
  const login = await wiki.login();
  await page.goto(login.url);
  const begins = (/** @type {string} */ id) =>
    page.waitForFunction((wanted) => document.activeElement?.id === wanted, id);
  await begins("identifier");
  await press(page, 'a[href^="/oauth2/signup"]');
  await begins("username");
  await page.keyboard.type(username);
  await type(page, "#password", PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#consent-allow");
  await press(page, "#consent-allow");
  await wiki.arrives(page);
  assert.ok((await wiki.tokens(login)).claims());

  await page.goto((await wiki.login({ more: { prompt: "login" } })).url);
  await begins("password");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await wiki.arrives(page);
  await page.goto("/oauth2/apps");
  await press(page, "#revoke-1");
  await page.waitForSelector("main .lead");
  await page.goto("/oauth2/logout");
  await press(page, "#logout-confirm");
  assert.equal(await heading(page), "You are logged out");
});
