// Finds English that was left in a page that should be Japanese.
import assert from "node:assert/strict";

/** Words that Japanese writes in Latin letters, too. */
const USUAL = new Set(
  "Tegata API ID sub HttpOnly RFC OIDC Core English Chrome Linux exp iat pwd JavaScript PKCE SHA S256 state nonce openid".split(
    " ",
  ),
);

/**
 * Everything a reader or a screen reader meets, except names, what stands in `code` or `cite` (claims, paths, specifications)
 * and what says that it is English, such as the answer of the API.
 *
 * @param {import("playwright-core").Page} page
 * @param {readonly string[]} names
 */
export async function checkJapanese(page, names) {
  const texts = await page.evaluate(() => {
    const data = "code, cite, [lang=en], script, style";
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (element === null || element.closest(data) !== null || element.closest("noscript") !== null)
        continue;
      if (node instanceof Text) found.push(node.data);
      if (node instanceof Element)
        for (const name of ["aria-label", "aria-description", "title", "alt", "placeholder"])
          found.push(node.getAttribute(name) ?? "");
    }
    return found;
  });
  const left = texts.filter((text) => {
    const words = names.reduce((rest, name) => rest.replaceAll(name, ""), text).match(/[A-Za-z]{2,}/g);
    return words?.some((word) => !USUAL.has(word));
  });
  assert.deepEqual(left, [], `English on ${page.url()}`);
  assert.match(await page.innerText("main"), /[\u3040-\u30ff]/, "there is Japanese");
}
