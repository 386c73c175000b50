import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { REFUSALS, everyPage } from "../support/pages.js";
import { suite } from "../support/suite.js";

const test = suite();
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * What is wrong with this page, by the rules of WCAG 2.2, levels A and AA.
 *
 * @param {import("playwright-core").Page} page
 * @returns {Promise<string[]>}
 */
async function violations(page) {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe);
  return page.evaluate(async () => {
    // What fades in has its colours only at the end.
    await Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
        .map(({ finished }) => finished),
    );
    const { violations } = await Reflect.get(window, "axe").run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
      resultTypes: ["violations"],
    });
    return violations.flatMap((/** @type {import("axe-core").Result} */ { id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html} ${failureSummary}`),
    );
  });
}

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
