// An application of somebody else that logs its users in here: a web server on this machine, and openid-client, unmodified
// and strict.
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import * as client from "openid-client";
import { Server } from "./server.js";

/** @typedef {import("playwright-core").Page} Page */

/** What its users are told that it is called. */
export const NAME = "Wiki of the inn";
export const OFFLINE = "openid profile email offline_access";

/** The one thing that is loosened: the provider of a test speaks plain HTTP, over loopback. */
export const LOOPBACK = { execute: [client.allowInsecureRequests] };

const PAGE = `<!doctype html><html lang="en"><title>${NAME}</title><h1>${NAME}</h1>`;
const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4"/></svg>';

/**
 * @typedef {object} Login A user on the way.
 * @property {string} url Where they are sent.
 * @property {client.AuthorizationCodeGrantChecks} checks
 *
 * @typedef {object} Wish
 * @property {string} [scope]
 * @property {Record<string, string>} [more] Further parameters of the request.
 * @property {boolean} [push] Whether the request is pushed (RFC 9126).
 */

export class RelyingParty {
  /** What came back to it, oldest first: an address, or a request that posts a form. @type {(URL | Request)[]} */
  answers = [];
  /** @type {client.Configuration} */
  config;
  origin;
  /** Where it sends its users on to from its callback, if it does. @type {string | undefined} */
  onward;
  #http;

  /**
   * @param {import("node:http").Server} http
   * @param {string} origin
   * @param {client.Configuration} config
   */
  constructor(http, origin, config) {
    this.#http = http;
    this.origin = origin;
    this.config = config;
  }

  /**
   * @param {Server} server
   * @param {string} name Its `client_id`.
   * @param {Record<string, string | boolean>} options More about its registration.
   */
  static async start(server, name, options) {
    const http = createServer((request, response) => void party.#answer(request, response));
    await once(http.listen(0, "127.0.0.1"), "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (http.address());
    const origin = `http://127.0.0.1:${port}`;
    const { client_id, client_secret = "" } = await server.createClient({
      "client-id": name,
      name: NAME,
      "redirect-uri": `${origin}/callback`,
      "post-logout-redirect-uri": `${origin}/goodbye`,
      "client-uri": `${origin}/`,
      "logo-uri": `${origin}/logo.svg`,
      ...options,
    });
    const proof = client_secret ? client.ClientSecretBasic(client_secret) : client.None();
    const config = await client.discovery(new URL(server.url), client_id, {}, proof, LOOPBACK);
    const party = new RelyingParty(http, origin, config);
    return party;
  }

  get callback() {
    return `${this.origin}/callback`;
  }

  get goodbye() {
    return `${this.origin}/goodbye`;
  }

  /**
   * Begins a login, as its own login button would.
   *
   * @param {Wish} [wish]
   * @returns {Promise<Login>}
   */
  async login({ scope = OFFLINE, more = {}, push = false } = {}) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const checks = {
      pkceCodeVerifier,
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
      idTokenExpected: true,
    };
    const parameters = {
      redirect_uri: this.callback,
      scope,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      ...more,
    };
    const url = push
      ? await client.buildAuthorizationUrlWithPAR(this.config, parameters)
      : client.buildAuthorizationUrl(this.config, parameters);
    return { url: url.href, checks };
  }

  /**
   * What it gets for the answer that came last: verified tokens, or the error that its library makes of it.
   *
   * @param {Login} login
   */
  tokens({ checks }) {
    const answer = this.answers.at(-1);
    if (answer === undefined) throw new Error("no answer has come");
    return client.authorizationCodeGrant(this.config, answer, checks);
  }

  /**
   * Sends a browser to log in, without a question on the way; gives the verified tokens.
   *
   * @param {Page} page
   * @param {Wish} [wish]
   */
  async quietly(page, wish) {
    const login = await this.login(wish);
    await page.goto(login.url);
    await this.arrives(page);
    return this.tokens(login);
  }

  /** The browser is here again. @param {Page} page @param {string} [address] */
  async arrives(page, address = this.callback) {
    await page.waitForURL((url) => url.origin + url.pathname === address);
  }

  async close() {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, "close");
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #answer(request, response) {
    const url = new URL(request.url ?? "/", this.origin);
    if (url.pathname === "/callback") {
      const posted = request.method === "POST";
      const body = posted ? new URLSearchParams(await text(request)) : undefined;
      this.answers.push(body ? new Request(url, { method: "POST", body }) : url);
      if (this.onward !== undefined) {
        response.writeHead(302, { location: this.onward }).end();
        return;
      }
    }
    const [type, body] = url.pathname === "/logo.svg" ? ["image/svg+xml", LOGO] : ["text/html", PAGE];
    response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(body);
  }
}

/** The applications that were asked for, by name. @type {Map<string, Promise<RelyingParty>>} */
const parties = new Map();

/**
 * An application, which is registered when it is first asked for.
 *
 * @param {import("./suite.js").Stage["server"]} server The one of the file of tests.
 * @param {string} [name] Its `client_id`.
 * @param {Record<string, string | boolean>} [options] More about its registration.
 */
export function relyingParty(server, name = "wiki", options = {}) {
  if (!(server instanceof Server)) throw new Error("clients are registered beside a server of our own");
  const party = parties.get(name) ?? RelyingParty.start(server, name, options);
  parties.set(name, party);
  return party;
}

/** Ends all of them. */
export async function closeParties() {
  for (const party of parties.values()) await (await party).close();
  parties.clear();
}
