// The conformance suite, over its REST interface.
import { request } from "node:https";
import { text } from "node:stream/consumers";

/** The suite's certificate is its own. Nothing but the test of this machine goes over it. */
const TLS = { rejectUnauthorized: false };
const POLL_MS = 500;
const SETTLE_MS = 2000;
/** Some modules wait half a minute themselves. */
const LONGEST_MODULE_MS = 240_000;

/**
 * @typedef {object} Outcome
 * @property {string} module
 * @property {string} result `PASSED`, `REVIEW`, `WARNING`, `SKIPPED`, `FAILED`, or `INTERRUPTED`.
 * @property {readonly { condition: string, message: string }[]} complaints What has failed or warned.
 * @property {string} log Where a person can read all of it.
 */

export class Suite {
  url;

  /** @param {string} url */
  constructor(url) {
    this.url = url.replace(/\/$/, "");
  }

  /** Whether it is there, and which one. */
  async answers() {
    const { version } = await this.#ask("GET", "/api/server");
    console.log(`conformance suite ${version} at ${this.url}`);
  }

  /**
   * Runs a plan, a module at a time.
   *
   * @param {string} plan
   * @param {Record<string, string>} variant
   * @param {object} configuration
   * @param {(module: string) => Promise<void>} prepare What a module may wait for before it is started.
   * @returns {AsyncGenerator<Outcome>}
   */
  async *run(plan, variant, configuration, prepare) {
    const query = new URLSearchParams({ planName: plan, variant: JSON.stringify(variant) });
    const { id, modules } = await this.#ask("POST", `/api/plan?${query}`, configuration);
    for (const { testModule, variant: own } of modules)
      yield await this.#module(id, testModule, own, prepare);
  }

  /**
   * @param {string} plan
   * @param {string} module
   * @param {Record<string, string> | undefined} variant
   * @param {(module: string) => Promise<void>} prepare
   * @returns {Promise<Outcome>}
   */
  async #module(plan, module, variant, prepare) {
    const query = new URLSearchParams({ plan, test: module, variant: JSON.stringify(variant ?? {}) });
    const { id } = await this.#ask("POST", `/api/runner?${query}`);
    const { status, result } = await this.#end(id, () => prepare(module));
    /** @type {{ src: string, result?: string, msg: string }[]} */
    const log = await this.#ask("GET", `/api/log/${id}`);
    const complaints = log
      .filter((entry) => entry.result === "FAILURE" || entry.result === "WARNING")
      .map((entry) => ({ condition: entry.src, message: entry.msg }));
    // All modules have one address, and the browser of this one may still be on its way to it.
    await new Promise((passed) => setTimeout(passed, SETTLE_MS));
    const isOver = status === "FINISHED";
    return {
      module,
      result: isOver ? (result ?? "UNKNOWN") : status,
      complaints,
      log: `${this.url}/log-detail.html?log=${id}`,
    };
  }

  /**
   * Waits until a module is over. One that does not start by itself is prepared and started.
   *
   * @param {string} id
   * @param {() => Promise<void>} prepare
   * @returns {Promise<{ status: string, result?: string }>}
   */
  async #end(id, prepare) {
    const latest = Date.now() + LONGEST_MODULE_MS;
    let isStarted = false;
    for (;;) {
      const info = await this.#ask("GET", `/api/info/${id}`);
      if (info.status === "FINISHED" || info.status === "INTERRUPTED") return info;
      if (info.status === "CONFIGURED" && !isStarted) {
        isStarted = true;
        await prepare();
        await this.#ask("POST", `/api/runner/${id}`);
      }
      if (Date.now() > latest) {
        await this.#ask("DELETE", `/api/runner/${id}`);
        return { status: `STUCK while ${info.status}` };
      }
      await new Promise((passed) => setTimeout(passed, POLL_MS));
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  async #ask(method, path, body) {
    const headers = { "content-type": "application/json", accept: "application/json" };
    const response = await new Promise((answered, failed) => {
      const sent = request(this.url + path, { ...TLS, method, headers }, answered);
      sent.on("error", failed);
      sent.end(body && JSON.stringify(body));
    });
    const said = await text(response);
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${said}`);
    return said === "" ? undefined : JSON.parse(said);
  }
}
