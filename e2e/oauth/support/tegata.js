// The binary, with the OpenID Provider as the tests need it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Server } from "../../support/server.js";
import { TlsFront } from "../../support/tls-front.js";
import { API_SCOPE } from "./clients.js";
import { registration } from "./provider.js";

/**
 * @typedef {object} Description What the command line can say of a client.
 * @property {readonly string[]} redirect_uris
 * @property {readonly string[]} [post_logout_redirect_uris]
 * @property {readonly string[]} grant_types
 * @property {string} scope
 * @property {string} token_endpoint_auth_method
 * @property {string} [id_token_signed_response_alg]
 * @property {string} [request_object_signing_alg]
 * @property {boolean} [require_signed_request_object]
 * @property {object} [jwks]
 */

const SETTINGS = [`oauth.scope=${API_SCOPE}`, "oauth.registration=open"];

export class Tegata {
  person = { identifier: "traveller", password: "seven lanterns on the old road" };
  #server;
  /** @type {TlsFront | undefined} */
  #front;

  /** @param {import("./provider.js").Wishes} wishes */
  constructor({ dpopNonces, plainHttp }) {
    const settings = [...SETTINGS, ...(dpopNonces ? ["oauth.dpop_nonces=required"] : [])];
    this.#server = new Server(() => [...settings, ...this.#behindFront()]);
    if (!plainHttp) this.#front = new TlsFront(() => this.#server.url);
  }

  get issuer() {
    return this.#front?.url ?? this.#server.url;
  }

  #behindFront() {
    return this.#front ? [`server.public_url=${this.#front.url}`, "server.trusted_proxies=127.0.0.1"] : [];
  }

  async start() {
    await this.#front?.start();
    await this.#server.start();
    const { identifier, password } = this.person;
    const answer = await fetch(`${this.issuer}/auth/signup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: identifier, password }),
    });
    if (answer.status !== 201) throw new Error(`sign-up: ${answer.status} ${await answer.text()}`);
  }

  /**
   * As an operator does, beside the running server.
   *
   * @param {import("./clients.js").ClientName} name
   */
  async register(name) {
    const { metadata: described, ...own } = await registration(name);
    /** @type {Description} */
    const metadata = described;
    const registered = await this.#server.createClient({
      "client-id": name,
      "redirect-uri": metadata.redirect_uris,
      "post-logout-redirect-uri": metadata.post_logout_redirect_uris,
      grant: metadata.grant_types,
      scope: metadata.scope,
      "auth-method": metadata.token_endpoint_auth_method,
      "id-token-alg": metadata.id_token_signed_response_alg,
      "request-object-alg": metadata.request_object_signing_alg,
      jar: metadata.require_signed_request_object,
      "jwks-file": metadata.jwks && (await this.#file(`${name}-jwks.json`, metadata.jwks)),
    });
    return { ...registered, ...own };
  }

  dispose() {
    this.#front?.dispose();
    return this.#server.dispose();
  }

  /**
   * @param {string} name
   * @param {unknown} content
   */
  async #file(name, content) {
    const path = join(this.#server.place.cwd, name);
    await writeFile(path, JSON.stringify(content));
    return path;
  }
}
