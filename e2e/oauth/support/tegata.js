// The binary, with the OpenID Provider as the tests need it.
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { binary, Server } from "../../support/server.js";
import { API_SCOPE } from "./clients.js";
import { registration } from "./provider.js";

export class Tegata {
  person = { identifier: "traveller", password: "seven lanterns on the old road" };
  #server = new Server(() => [`oauth.scope=${API_SCOPE}`, "oauth.registration=open"]);

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
   * `tegata client create` reads the description of a client (RFC 7591 §2) from its standard input and prints the client
   * information response (§3.2.1): `client_id` and, for a confidential client with a secret, `client_secret`.
   *
   * @param {import("./clients.js").ClientName} name
   */
  async register(name) {
    const { metadata, ...own } = await registration(name);
    const { dataDir, place } = this.#server;
    const command = [
      "client",
      "create",
      "--data-dir",
      dataDir,
      "--client-id",
      name,
      "--metadata",
      "-",
      "--json",
    ];
    const child = spawn(binary, command, { ...place, stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end(JSON.stringify(metadata));
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
}
