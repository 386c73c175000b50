import assert from "node:assert/strict";
import { violations } from "../support/axe.js";
import { REFUSALS, everyPage } from "../support/pages.js";
import { suite } from "../support/suite.js";

const test = suite();

/** @typedef {{ colorScheme: "light" | "dark", language: "en" | "ja" }} Look */

/** @type {Look[]} */
const LOOKS = [
  { colorScheme: "light", language: "en" },
  { colorScheme: "dark", language: "ja" },
  { colorScheme: "light", language: "ja" },
  { colorScheme: "dark", language: "en" },
];
const SIZES = {
  // As long as its pages, or the inspector's sheet would lie over what can be scrolled from under it. Colours and texts
  // are those of the desk: here it is the layout that differs.
  phone: { viewport: { width: 390, height: 2400 }, looks: LOOKS.slice(0, 2) },
  desk: { viewport: { width: 1280, height: 800 }, looks: LOOKS },
};

for (const [size, { viewport, looks }] of Object.entries(SIZES)) {
  test(
    `no page breaks WCAG A or AA on a ${size}, light or dark, in English or in Japanese`,
    { refusals: REFUSALS, console: [/net::ERR_/], device: { viewport } },
    async ({ page }) => {
      await everyPage(page, async (name) => {
        for (const { colorScheme, language } of looks) {
          await page.emulateMedia({ colorScheme });
          await page.selectOption("#language-select", language);
          await page.waitForSelector(`html[lang="${language}"]`);
          assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}, ${language}`);
        }
        await page.selectOption("#language-select", "en");
      });
    },
  );
}
