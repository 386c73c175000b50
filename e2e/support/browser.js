// Chromium, and the devices that it plays: each with cookies and storage of its own.
import { spawnSync } from "node:child_process";
import { chromium } from "playwright-core";

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** What a page waits for at most: much longer than it takes, since machines can be busy. */
const PATIENCE_MS = 20_000;

/**
 * A deployed Tegata has a public name that no name server knows, and a certificate that nobody has signed: TEGATA_EDGE says
 * where on this machine it is (`127.0.0.1:port`).
 */
const publicName = process.env["TEGATA_URL"] && new URL(process.env["TEGATA_URL"]).hostname;
const edge = process.env["TEGATA_EDGE"];
const toEdge = publicName && edge ? `MAP ${publicName}:443 ${edge}, ` : "";

/** Starts Chromium with a profile of its own, which is gone when it ends, and without a way out of this machine. */
export function launch() {
  return chromium.launch({
    executablePath: findChromium(),
    headless: true,
    args: [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-proxy-server",
      // Whatever a page or the browser itself would look up elsewhere is not found.
      `--host-resolver-rules=${toEdge}MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
    ],
  });
}

function findChromium() {
  const named = process.env["CHROMIUM"];
  if (named) return named;
  for (const name of NAMES) {
    const found = name.startsWith("/") ? name : spawnSync("which", [name]).stdout?.toString().trim();
    if (found && spawnSync(found, ["--version"]).status === 0) return found;
  }
  throw new Error("Chromium or Chrome is needed: install it, or name it in CHROMIUM");
}

/**
 * @typedef {object} DeviceOptions
 * @property {string} [locale] Default: `en-GB`.
 * @property {string} [baseURL]
 * @property {"light" | "dark"} [colorScheme]
 * @property {{ width: number, height: number }} [viewport]
 * @property {number} [deviceScaleFactor]
 * @property {string} [userAgent]
 * @property {boolean} [hasTouch]
 * @property {boolean} [javaScriptEnabled] Default: it is.
 */

/** A browser of its own, as far as a server can see. Everything that goes wrong in it is written down. */
export class Device {
  /** What must not have happened. @type {string[]} */
  complaints = [];
  /** Answers that are refusals, as `401 GET /api/protected`. @type {string[]} */
  refusals = [];
  /** @type {import("playwright-core").BrowserContext} */
  context;
  #allowed;

  /**
   * @param {import("playwright-core").BrowserContext} context
   * @param {readonly RegExp[]} allowed Messages in the console that are expected.
   */
  constructor(context, allowed) {
    this.context = context;
    this.#allowed = allowed;
    context.setDefaultTimeout(PATIENCE_MS);
    context.on("request", (request) => this.#watchAddress(request.url()));
    context.on("response", (response) => {
      const { pathname } = new URL(response.url());
      if (response.status() >= 400)
        this.refusals.push(`${response.status()} ${response.request().method()} ${pathname}`);
    });
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        this.#complain(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.#complain(`uncaught: ${error.error().stack}`));
  }

  /**
   * @param {import("playwright-core").Browser} browser
   * @param {DeviceOptions} options
   * @param {readonly RegExp[]} allowed
   */
  static async open(browser, options, allowed) {
    const context = await browser.newContext({
      ...{ locale: "en-GB", timezoneId: "UTC", ignoreHTTPSErrors: Boolean(toEdge) },
      ...options,
    });
    const device = new Device(context, allowed);
    // The console tells only of some violations of the content security policy; this tells of all.
    await context.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`content security policy: ${event.effectiveDirective} ${event.blockedURI}`),
      ),
    );
    return device;
  }

  page() {
    return this.context.newPage();
  }

  #watchAddress(/** @type {string} */ address) {
    const { protocol, hostname } = new URL(address);
    const here = hostname === "127.0.0.1" || hostname === "localhost" || hostname === publicName;
    if (!here && protocol !== "data:" && protocol !== "blob:")
      this.complaints.push(`asked another machine: ${address}`);
  }

  #complain(/** @type {string} */ what) {
    if (!this.#allowed.some((pattern) => pattern.test(what))) this.complaints.push(what);
  }
}
