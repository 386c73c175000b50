// The binary, with the OpenID Provider as the tests need it.
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { binary, Server } from "../../support/server.js";
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
 * @property {object} [jwks]
 */

const SETTINGS = [`oauth.scope=${API_SCOPE}`, "oauth.registration=open"];

export class Tegata {
  person = { identifier: "traveller", password: "seven lanterns on the old road" };
  #server = new Server(() => SETTINGS);

  get issuer() {
    return this.#server.url;
  }

  async start() {
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
    /** @type {Record<string, string | readonly string[] | undefined>} */
    const options = {
      "data-dir": this.#server.dataDir,
      set: SETTINGS,
      "client-id": name,
      "redirect-uri": metadata.redirect_uris,
      "post-logout-redirect-uri": metadata.post_logout_redirect_uris,
      grant: metadata.grant_types,
      scope: metadata.scope,
      "auth-method": metadata.token_endpoint_auth_method,
      "id-token-alg": metadata.id_token_signed_response_alg,
      "jwks-file": metadata.jwks && (await this.#file(`${name}-jwks.json`, metadata.jwks)),
    };
    const words = Object.entries(options).flatMap(([option, values]) =>
      [values ?? []].flat().flatMap((value) => [`--${option}`, value]),
    );
    const command = ["client", "create", "--json", ...words];
    const child = spawn(binary, command, { ...this.#server.place, stdio: ["ignore", "pipe", "pipe"] });
    const [printed, said, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((ended) => child.once("close", ended)),
    ]);
    if (code !== 0) throw new Error(`tegata client create ${name} ended with ${code}: ${said}`);
    const { client_id, client_secret } = JSON.parse(printed);
    return { client_id, client_secret, ...own };
  }

  dispose() {
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
