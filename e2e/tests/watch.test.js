import assert from "node:assert/strict";
import { suite } from "../support/suite.js";

const test = suite();

/**
 * What is complained about when this happens in a page; after that the test goes on as if nothing had.
 *
 * @param {import("../support/suite.js").Stage} stage
 * @param {() => unknown} happens Runs in the page.
 * @param {RegExp} expected
 */
async function complains({ device }, happens, expected) {
  const watched = await device();
  const page = await watched.page();
  await page.goto("/");
  await page.waitForSelector("h1");
  assert.deepEqual(watched.complaints, []);
  await page.evaluate(happens);
  for (let turn = 0; watched.complaints.length === 0 && turn < 100; turn++) await page.waitForTimeout(20);
  assert.match(watched.complaints.splice(0).join("\n"), expected);
  // What else it has to say about the same thing comes before the next answer.
  await page.evaluate(() => fetch("/auth/config"));
  watched.complaints.length = 0;
}

test("a request to another machine is noticed", (stage) =>
  complains(
    stage,
    () => void fetch("http://elsewhere.invalid/").catch(() => undefined),
    /asked another machine|content security policy/,
  ));

test("a page of another machine is noticed, and not reached", async ({ device }) => {
  const watched = await device();
  const page = await watched.page();
  await assert.rejects(page.goto("http://elsewhere.invalid/"), /ERR_NAME_NOT_RESOLVED/);
  assert.deepEqual(watched.complaints.splice(0), ["asked another machine: http://elsewhere.invalid/"]);
});

test("a violation of the content security policy is noticed", (stage) =>
  complains(
    stage,
    () => {
      // A script would not even get as far: assigning its text asks for a trusted type.
      const style = document.createElement("style");
      style.textContent = "body { color: red }";
      document.body.append(style);
    },
    /content security policy: style-src-elem inline/,
  ));

test("an error in the console and one that nobody caught are noticed", async (stage) => {
  await complains(stage, () => console.error("oh no"), /console: oh no/);
  await complains(stage, () => void setTimeout(() => Reflect.get(window, "no.such")()), /uncaught: /);
});
