// A page as it is used without a mouse.
import assert from "node:assert/strict";

/** More than any page has to stop at. */
const STOPS = 80;

/**
 * Presses Tab until this has the focus. Wherever the focus is on the way, one can see it.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} selector
 */
export async function tabTo(page, selector) {
  for (let stop = 0; stop < STOPS; stop++) {
    await page.keyboard.press("Tab");
    const { found, unseen } = await page.evaluate(look, selector);
    assert.equal(unseen, null, "the focus can be seen");
    if (found) return;
  }
  assert.fail(`Tab never reaches ${selector}`);
}

/** Runs in the page: whether the focus is there, and which element has it unseen. @param {string} selector */
function look(selector) {
  const element = document.activeElement;
  if (element === null || element === document.body) return { found: false, unseen: null };
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const frame = element.closest("label, .password-box") ?? element;
  const marked = [style, getComputedStyle(frame)].some(
    ({ outlineStyle, outlineWidth, boxShadow }) =>
      (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none",
  );
  const inView =
    box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  // Nothing lies over it, such as the inspector's sheet on a phone (WCAG 2.4.11).
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const bare = top !== null && (element.contains(top) || frame.contains(top));
  const seen = marked && inView && bare && element.matches(":focus-visible");
  return { found: element.matches(selector), unseen: seen ? null : element.outerHTML };
}

/** @param {import("playwright-core").Page} page @param {string} field @param {string} words */
export async function type(page, field, words) {
  await tabTo(page, field);
  await page.keyboard.type(words);
}

/** @param {import("playwright-core").Page} page @param {string} selector */
export async function press(page, selector) {
  await tabTo(page, selector);
  await page.keyboard.press("Enter");
}
