// The real server, `tegata serve`, on a port of the system's choice.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const READY = /^Tegata is ready at (http:\/\/127\.0\.0\.1:\d+)$/m;
const START_MS = 30_000;
const STOP_MS = 15_000;

const root = fileURLToPath(new URL("../..", import.meta.url));
export const binary = resolve(root, process.env["TEGATA_BIN"] || "target/debug/tegata");

export class Server {
  /** Where it answers; the same after a restart. */
  url = "";
  /** Everything that it has said. */
  log = "";
  #dataDir = "";
  #settings;
  /** @type {import("node:child_process").ChildProcess | null} */
  #child = null;

  /** @param {() => readonly string[]} settings Values of `--set`. */
  constructor(settings) {
    this.#settings = settings;
  }

  /** Starts it on a fresh data directory; after {@link stop}, on the same one and the same port. */
  async start() {
    this.#dataDir ||= await mkdtemp(join(tmpdir(), "tegata-e2e-"));
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    const child = spawn(
      binary,
      [
        ...["serve", "--listen", listen, "--data-dir", this.dataDir],
        ...this.#settings().flatMap((setting) => ["--set", setting]),
      ],
      { ...this.place, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#child = child;
    const from = this.log.length;
    await /** @type {Promise<void>} */ (
      new Promise((ready, fail) => {
        const giveUp = setTimeout(() => fail(this.#trouble("was not ready in time")), START_MS);
        const done = (/** @type {() => void} */ settle) => {
          clearTimeout(giveUp);
          settle();
        };
        const hear = (/** @type {Buffer} */ said) => {
          this.log += said.toString();
          const address = READY.exec(this.log.slice(from))?.[1];
          if (address === undefined) return;
          this.url = address;
          done(ready);
        };
        child.stdout.on("data", hear);
        child.stderr.on("data", hear);
        child.once("error", (error) => done(() => fail(this.#trouble(error.message))));
        child.once("exit", (code) => done(() => fail(this.#trouble(`ended with ${code}`))));
      })
    );
    await this.#hasKeys();
  }

  /** Its RSA key is made after the start. Until then ID tokens are signed with the other one, which strict clients refuse. */
  async #hasKeys() {
    const read = async (/** @type {string} */ name) =>
      (await fetch(`${this.url}/.well-known/${name}`)).json();
    const { id_token_signing_alg_values_supported: promised } = await read("openid-configuration");
    const latest = Date.now() + START_MS;
    for (;;) {
      /** @type {{ keys: { alg: string }[] }} */
      const { keys } = await read("jwks.json");
      if (!promised.includes("RS256") || keys.some(({ alg }) => alg === "RS256")) return;
      if (Date.now() > latest) throw this.#trouble("had no RSA key in time");
      await new Promise((passed) => setTimeout(passed, 50));
    }
  }

  /** Where it keeps its data, from its start on. */
  get dataDir() {
    return join(this.#dataDir, "data");
  }

  /** Where its commands run: away from any `tegata.toml`, and without settings from the environment. */
  get place() {
    return { cwd: this.#dataDir, env: ownEnvironment() };
  }

  /**
   * Runs a command beside it, as an operator does, and gives what it prints.
   *
   * @param {readonly string[]} words
   */
  async command(words) {
    const settings = this.#settings().flatMap((setting) => ["--set", setting]);
    const child = spawn(binary, [...words, "--data-dir", this.dataDir, ...settings], {
      ...this.place,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [printed, said, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((ended) => child.once("close", ended)),
    ]);
    if (code !== 0) throw new Error(`tegata ${words.join(" ")} ended with ${code}: ${said}`);
    return printed;
  }

  /**
   * Registers a client.
   *
   * @param {Record<string, string | readonly string[] | boolean | undefined>} options Of `tegata client create`.
   * @returns {Promise<{ client_id: string, client_secret?: string }>}
   */
  async createClient(options) {
    const words = Object.entries(options).flatMap(([option, values]) =>
      values === true ? [`--${option}`] : [values || []].flat().flatMap((value) => [`--${option}`, value]),
    );
    return JSON.parse(await this.command(["client", "create", "--json", ...words]));
  }

  async stop() {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const tooLong = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(tooLong);
  }

  /** Stops it and removes what it has written. */
  async dispose() {
    await this.stop();
    if (this.#dataDir) await rm(this.#dataDir, { recursive: true, force: true });
  }

  #trouble(/** @type {string} */ what) {
    return new Error(`${binary} ${what}; it said:\n${this.log}`);
  }
}

/** A Tegata that somebody else has started and will end, at TEGATA_URL: the same tests, whatever it runs on. */
export class Deployed {
  url;
  log = "";

  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }

  async start() {}
  async stop() {
    throw new Error("this test stops its server, and cannot play on one that is not its own");
  }
  async dispose() {}
}

function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TEGATA_")));
}
