// TLS before a server of the tests, which speaks none itself: a proxy at localhost, with the certificate of the tests.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const testdata = new URL("../../crates/tegata-outbound/testdata/", import.meta.url);
/** A file with who has signed the certificate. */
export const AUTHORITY = fileURLToPath(new URL("authority.pem", testdata));

/** Of TLS 1.2, what FAPI 2.0 allows (RFC 9325 §4.2). */
const CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES128-GCM-SHA256";

/**
 * @typedef {object} Exchange What the server has answered, before it is passed on.
 * @property {string | undefined} method
 * @property {string | undefined} path
 * @property {number | undefined} status
 * @property {() => Promise<string>} body Can be read once.
 *
 * @typedef {(exchange: Exchange) => Promise<string> | undefined} Overhear Gives the body that it has read, if it has.
 */

export class TlsFront {
  /** Where it answers. */
  url = "";
  #backend;
  #overhear;
  #server = createServer(certificate(), (asked, answer) => this.#pass(asked, answer));

  /**
   * @param {() => string} backend The address of the server behind it.
   * @param {Overhear} [overhear]
   */
  constructor(backend, overhear = () => undefined) {
    this.#backend = backend;
    this.#overhear = overhear;
  }

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    this.url = `https://localhost:${port}`;
  }

  dispose() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /**
   * @param {import("node:http").IncomingMessage} asked
   * @param {import("node:http").ServerResponse} answer
   */
  #pass(asked, answer) {
    const headers = { ...asked.headers, "x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1" };
    const { method, url: path } = asked;
    const { hostname, port } = new URL(this.#backend());
    const passed = request({ hostname, port, method, path, headers }, async (given) => {
      const body = () => text(given);
      const overheard = await this.#overhear({ method, path, status: given.statusCode, body });
      answer.writeHead(given.statusCode ?? 502, given.rawHeaders);
      if (overheard === undefined) given.pipe(answer);
      else answer.end(overheard);
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  }
}

function certificate() {
  const read = (/** @type {string} */ name) => readFileSync(new URL(name, testdata));
  const key = createPrivateKey({ key: read("server.key.der"), format: "der", type: "pkcs8" });
  return {
    key: key.export({ format: "pem", type: "pkcs8" }),
    cert: new X509Certificate(read("server.der")).toString(),
    ciphers: CIPHERS,
  };
}
