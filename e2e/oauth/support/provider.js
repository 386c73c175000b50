// What the tests run against, chosen by TEGATA_OAUTH:
//
// - unset: the binary `tegata`, which is started for each file of tests;
// - `reference`: oidc-provider for Node.js, in this process. A test that fails there is wrong about the specification;
// - the name of a JSON file: a provider that somebody else runs, as `Given` describes it.
import { readFile } from "node:fs/promises";
import { after } from "node:test";
import { exportJWK, generateKeyPair, importJWK } from "jose";
import { Browser } from "./browser.js";
import { CLIENTS } from "./clients.js";
import { Reference } from "./reference.js";
import { Tegata } from "./tegata.js";

/**
 * @typedef {import("./clients.js").ClientName} ClientName
 * @typedef {import("./browser.js").Person} Person
 *
 * @typedef {object} Credentials
 * @property {string} client_id
 * @property {string} [client_secret]
 * @property {import("jose").JWK} [private_jwk] With which `signing` signs.
 *
 * @typedef {object} Given
 * @property {string} issuer
 * @property {Person} person
 * @property {Record<ClientName, Credentials>} clients Registered as support/clients.js says.
 *
 * @typedef {object} Wishes How a provider is set up otherwise. Somebody else's is as it is.
 * @property {boolean} [dpopNonces] DPoP proofs have to carry nonces of the server (RFC 9449 §8).
 * @property {boolean} [plainHttp] Over loopback, for a program that speaks no TLS.
 *
 * @typedef {object} Target
 * @property {string} issuer Known once it has started.
 * @property {Person} person
 * @property {() => Promise<void>} start
 * @property {(name: ClientName) => Promise<Credentials>} register
 * @property {() => Promise<void>} dispose
 */

/**
 * The provider of a file of tests.
 */
export class Provider {
  #target;
  /** @type {Map<ClientName, Promise<Credentials>>} */
  #clients = new Map();

  /** @param {Target} target */
  constructor(target) {
    this.#target = target;
  }

  get issuer() {
    return this.#target.issuer;
  }

  get person() {
    return this.#target.person;
  }

  /** A browser that knows nobody yet. */
  browser() {
    return new Browser(this.issuer);
  }

  /**
   * The credentials of a client, which is registered when it is first asked for.
   *
   * @param {ClientName} name
   */
  client(name) {
    const known = this.#clients.get(name) ?? this.#target.register(name);
    this.#clients.set(name, known);
    return known;
  }

  /**
   * The key that a client signs with.
   *
   * @param {ClientName} name
   */
  async signingKey(name) {
    const { private_jwk: jwk } = await this.client(name);
    if (!jwk) throw new Error(`${name} has no key`);
    const key = /** @type {CryptoKey} */ (await importJWK(jwk, "ES256"));
    return jwk.kid === undefined ? key : { key, kid: jwk.kid };
  }
}

/**
 * Starts the provider for the tests of a file, and ends it after them.
 *
 * @param {Wishes} [wishes]
 */
export async function provider(wishes = {}) {
  const target = await targetOf(process.env["TEGATA_OAUTH"], wishes);
  after(() => target.dispose());
  await target.start();
  return new Provider(target);
}

/**
 * What is registered of a client: its description, and a new key where it has one.
 *
 * @param {ClientName} name
 */
export async function registration(name) {
  const metadata = CLIENTS[name];
  if (metadata.token_endpoint_auth_method !== "private_key_jwt") return { metadata };
  const pair = await generateKeyPair("ES256", { extractable: true });
  const named = { alg: "ES256", use: "sig", kid: `${name}-1` };
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), ...named }] };
  const private_jwk = { ...(await exportJWK(pair.privateKey)), ...named };
  return { metadata: { ...metadata, jwks }, private_jwk };
}

/**
 * @param {string | undefined} name
 * @param {Wishes} wishes
 * @returns {Promise<Target>}
 */
async function targetOf(name, wishes) {
  if (!name) return new Tegata(wishes);
  if (name === "reference") return new Reference(wishes);
  /** @type {Given} */
  const given = JSON.parse(await readFile(name, "utf8"));
  return {
    issuer: given.issuer,
    person: given.person,
    async start() {},
    register: async (client) => given.clients[client],
    async dispose() {},
  };
}
