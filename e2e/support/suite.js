// One server and one browser for each file of tests; fresh devices for each test.
import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Device, launch } from "./browser.js";
import { closeParties } from "./relying-party.js";
import { Deployed, Server } from "./server.js";

const results = fileURLToPath(new URL("../results/", import.meta.url));

/** A refused request is an error in Chromium's console; tests that cause one say which. */
const REFUSED = /Failed to load resource: the server responded with a status of (\d+)/;

/** How much of the server's log is shown; all of it is kept beside the trace. */
const LINES = 40;

/**
 * @typedef {object} Stage What a test plays on.
 * @property {Server | Deployed} server
 * @property {(options?: import("./browser.js").DeviceOptions) => Promise<Device>} device Another device.
 * @property {import("playwright-core").Page} page A page of the first device.
 *
 * @typedef {object} Expectations
 * @property {readonly string[]} [refusals] Refused requests that may happen, as `401 GET /api/protected`.
 * @property {readonly RegExp[]} [console] Errors and warnings in the console that may appear.
 * @property {import("./browser.js").DeviceOptions} [device] What the first device is like.
 * @property {number} [timeout] Milliseconds.
 */

/**
 * Sets up a file of tests; returns what makes one. A test fails, too, when a page complains in its console, breaks its
 * content security policy, or asks another machine for anything.
 *
 * @param {() => readonly string[]} [settings] Values of `--set`, asked for when the server starts.
 */
export function suite(settings = () => []) {
  const deployed = process.env["TEGATA_URL"];
  const server = deployed
    ? new Deployed(deployed)
    : new Server(() => ["log.level=info,tegata_http=debug", ...settings()]);
  /** @type {import("playwright-core").Browser} */
  let browser;

  before(async () => {
    // One after the other: what has started is ended also when the other has not.
    await server.start();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await closeParties();
    await server.dispose();
  });

  /**
   * @param {string} sentence
   * @param {Expectations | ((stage: Stage) => Promise<void>)} expectationsOrPlay
   * @param {(stage: Stage) => Promise<void>} [playAfter]
   */
  return (sentence, expectationsOrPlay, playAfter) => {
    const isPlay = typeof expectationsOrPlay === "function";
    const expected = isPlay ? {} : expectationsOrPlay;
    const play = /** @type {(stage: Stage) => Promise<void>} */ (isPlay ? expectationsOrPlay : playAfter);
    test(sentence, { timeout: expected.timeout ?? 90_000 }, async () => {
      const from = server.log.length;
      /** @type {Device[]} */
      const devices = [];
      const allowed = [...(expected.console ?? []), REFUSED];
      /** @param {import("./browser.js").DeviceOptions} [options] */
      const device = async (options = {}) => {
        const opened = await Device.open(browser, { baseURL: server.url, ...options }, allowed);
        devices.push(opened);
        await opened.context.tracing.start({ snapshots: true, screenshots: false });
        return opened;
      };
      try {
        const page = await (await device(expected.device)).page();
        await play({ server, device, page });
        for (const { complaints, refusals } of devices) {
          assert.deepEqual(complaints, []);
          const unexpected = refusals.filter((refusal) => !expected.refusals?.includes(refusal));
          assert.deepEqual(unexpected, [], "refusals");
        }
        await Promise.all(devices.map(({ context }) => context.tracing.stop()));
      } catch (error) {
        await keep(sentence, devices, server.log.slice(from));
        throw error;
      } finally {
        await Promise.all(devices.map(({ context }) => context.close()));
      }
    });
  };
}

/**
 * Leaves behind what tells why a test failed.
 *
 * @param {string} sentence
 * @param {Device[]} devices
 * @param {string} log
 */
async function keep(sentence, devices, log) {
  const folder = results + sentence.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 80);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/server.log`, log);
  for (const [number, { context, complaints, refusals }] of devices.entries()) {
    const name = `${folder}/device-${number + 1}`;
    await writeFile(`${name}.json`, JSON.stringify({ complaints, refusals }, null, 2));
    for (const [place, page] of context.pages().entries()) {
      // A page that hangs gives no picture; the trace is still there.
      await page.screenshot({ path: `${name}-page-${place + 1}.png`, timeout: 5_000 }).catch(() => undefined);
    }
    await context.tracing.stop({ path: `${name}-trace.zip` }).catch(() => undefined);
  }
  const last = log.trimEnd().split("\n").slice(-LINES).join("\n");
  console.error(`${sentence}: see ${folder}\nThe server said at last:\n${last}`);
}
