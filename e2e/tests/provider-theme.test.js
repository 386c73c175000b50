// The provider's pages in the colours of whoever runs it.
import assert from "node:assert/strict";
import { freshName } from "../support/actions.js";
import { heading, logInAt, makeAccount } from "../support/provider-pages.js";
import { relyingParty } from "../support/relying-party.js";
import { suite } from "../support/suite.js";

const LOGO = "/assets/of-the-inn.svg";
const SHAPE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>';

const test = suite(() => [`pages.logo_url=${LOGO}`, "pages.css_variables=accent=#004080,radius=0px"]);

test(
  "the colours and the logo of the house are on its pages, and that of the application beside it",
  { device: { javaScriptEnabled: false } },
  async ({ page, server }) => {
    const wiki = await relyingParty(server);
    const username = freshName();
    await makeAccount(server.url, username);
    await page.route(`**${LOGO}`, (route) => route.fulfill({ contentType: "image/svg+xml", body: SHAPE }));
    const isHouse = async (/** @type {string} */ button) => {
      const { colour, radius } = await page.locator(button).evaluate((element) => {
        const style = getComputedStyle(element);
        return { colour: style.backgroundColor, radius: style.borderTopLeftRadius };
      });
      assert.deepEqual([colour, radius], ["rgb(0, 64, 128)", "0px"]);
      const logos = await page.locator("img").evaluateAll((images) =>
        images.map((image) => {
          const { src, naturalWidth } = /** @type {HTMLImageElement} */ (image);
          return naturalWidth > 0 ? src : "not shown";
        }),
      );
      assert.deepEqual(logos, [`${server.url}${LOGO}`, `${wiki.origin}/logo.svg`]);
    };
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme });
      await page.goto((await wiki.login()).url);
      await isHouse("#login-submit");
    }
    await logInAt(page, username);
    assert.equal(await heading(page), "Allow access?");
    await isHouse("#consent-allow");
  },
);
