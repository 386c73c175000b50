// Takes a picture of every page: `npm run screenshots -w e2e -- DIR`.
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { Device, launch } from "./support/browser.js";
import { everyProviderPage, SETTINGS } from "./support/every-provider-page.js";
import { everyPage } from "./support/pages.js";
import { closeParties } from "./support/relying-party.js";
import { Server } from "./support/server.js";

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: npm run screenshots -w e2e -- DIR");
  process.exit(2);
}
// npm changes into the workspace; the name was meant from where the person is.
const target = resolve(process.env["INIT_CWD"] ?? ".", folder);
await mkdir(target, { recursive: true });

const server = new Server(() => SETTINGS);
await server.start();
const browser = await launch();
try {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const device = await Device.open(browser, { baseURL: server.url, viewport }, []);
    const page = await device.page();
    await everyPage(page, async (name) => {
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        for (const language of ["en", "ja"]) {
          await page.selectOption("#language-select", language);
          await page.waitForSelector(`html[lang="${language}"]`);
          // What sticks to the top of the window would be in the middle of the picture.
          await page.evaluate(() => scrollTo(0, 0));
          await page.screenshot({
            path: `${target}/${size}-${name}-${colorScheme}-${language}.png`,
            fullPage: name !== "inspector",
          });
        }
      }
      await page.selectOption("#language-select", "en");
    });
    await device.context.close();
    for (const locale of ["en-GB", "ja-JP"]) {
      const guest = await Device.open(browser, { baseURL: server.url, viewport, locale }, []);
      const shown = await guest.page();
      await everyProviderPage(shown, server, async (name) => {
        for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
          await shown.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          const path = `${target}/${size}-provider-${name}-${colorScheme}-${locale.slice(0, 2)}.png`;
          await shown.screenshot({ path, fullPage: true });
        }
      });
      await guest.context.close();
    }
  }
} finally {
  await closeParties();
  await browser.close();
  await server.dispose();
}
