// The binary, behind TLS on this machine: the suite tests nothing that answers over plain HTTP.
import { spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { binary, Server } from "../../e2e/support/server.js";
import { TlsFront } from "../../e2e/support/tls-front.js";

const PERSON = {
  identifier: "traveller",
  password: "seven lanterns on the old road",
};

/** Somebody who has never allowed a client anything, and so is asked. */
const NEWCOMER = "newcomer";

/** Every standard claim (OpenID Connect Core §5.1) that an operator can set. */
const CLAIMS = {
  name: "A Traveller",
  given_name: "Anna",
  family_name: "Traveller",
  middle_name: "Maria",
  nickname: "Lantern",
  profile: "https://example.org/traveller",
  picture: "https://example.org/traveller.png",
  website: "https://traveller.example.org/",
  gender: "female",
  birthdate: "1990-05-04",
  zoneinfo: "Europe/London",
  locale: "en",
  email: "traveller@example.org",
  email_verified: true,
  phone_number: "+442079460123",
  phone_number_verified: true,
  address: {
    formatted: "7 Old Road\nOxford OX1 1AA\nUnited Kingdom",
    street_address: "7 Old Road",
    locality: "Oxford",
    region: "Oxfordshire",
    postal_code: "OX1 1AA",
    country: "United Kingdom",
  },
};

const SCOPE = "openid profile email address phone offline_access";

/** Where the suite hears of its own requests; part of each redirect URI. Of this run alone: two would end each other's modules. */
const ALIAS = `tegata-${randomBytes(4).toString("hex")}`;

/** A running server looks for new keys every minute. */
const LONGEST_ROTATION_MS = 90_000;

export class Subject {
  /** @type {Promise<Record<string, string | object>> | undefined} */
  #clients;
  #folder = mkdtempSync(join(tmpdir(), "tegata-conformance-"));
  /** @type {TlsFront} */
  #front = new TlsFront(
    () => this.#server.url,
    (exchange) => this.#overhear(exchange),
  );
  #authorities = join(this.#folder, "authorities.pem");
  /** @type {Server} */
  #server = new Server(() => this.#settings());

  /** @param {string} suite Its address. */
  async start(suite) {
    writeFileSync(this.#authorities, await authorityOf(suite));
    await this.#front.start();
    await this.#server.start();
    await this.#signUp();
  }

  async dispose() {
    this.#front.dispose();
    await this.#server.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** As an operator who lets a new key sign at once, until the running server has taken it up. */
  async rotateKeys() {
    const keys = async () => (await fetch(`${this.#server.url}/.well-known/jwks.json`)).text();
    const before = await keys();
    await this.#server.command(["keys", "rotate", "--now"]);
    const latest = Date.now() + LONGEST_ROTATION_MS;
    while ((await keys()) === before) {
      if (Date.now() > latest) throw new Error("the server does not take up its new keys");
      await new Promise((passed) => setTimeout(passed, 1000));
    }
  }

  /**
   * A configuration with everything in it that is known only now: `{issuer}`, `{identifier}`, and so on. A text that is nothing
   * else can become an object.
   *
   * @param {object} configuration
   * @param {string} suite Its address.
   */
  async fill(configuration, suite) {
    this.#clients ??= this.#register(suite);
    const own = { issuer: this.#front.url, suite, alias: ALIAS, ...PERSON, newcomer: NEWCOMER };
    const known = { ...own, ...(await this.#clients) };
    return JSON.parse(
      JSON.stringify(configuration).replace(/"\{([a-z_0-9]+)\}"|\{([a-z_0-9]+)\}/g, (_, whole, part) => {
        const name = /** @type {string} */ (whole ?? part);
        const value = /** @type {Record<string, string | object | undefined>} */ (known)[name];
        if (value === undefined) throw new Error(`nobody knows {${name}}`);
        return whole === undefined ? String(value) : JSON.stringify(value);
      }),
    );
  }

  /** A person about whom everything is known that Tegata can know, and one about whom nothing is. */
  async #signUp() {
    const { identifier: username, password } = PERSON;
    for (const name of [username, NEWCOMER])
      await this.#ask("POST", "/auth/signup", { username: name, password });
    await this.#run(
      ["user", "set-claims", username, "--json", "-", ...this.#place()],
      JSON.stringify(CLAIMS),
    );
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} body
   */
  async #ask(method, path, body) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(this.#server.url + path, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }

  /** What its commands work on. */
  #place() {
    return ["--data-dir", this.#server.dataDir, ...this.#settings().flatMap((setting) => ["--set", setting])];
  }

  #settings() {
    return [
      `server.public_url=${this.#front.url}`,
      "server.trusted_proxies=127.0.0.1",
      "oauth.registration=open",
      "oauth.request_uris=true",
      `oauth.ca_file=${this.#authorities}`,
    ];
  }

  /**
   * The clients of the plans that do not register their own.
   *
   * @param {string} suite
   */
  async #register(suite) {
    const callback = `${suite}/test/a/${ALIAS}/callback`;
    /** @type {Record<string, string | object>} */
    const known = {};
    for (const name of ["first", "second"]) {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const use = { kid: name, alg: "ES256", use: "sig" };
      const file = join(this.#folder, `${name}.json`);
      writeFileSync(file, JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), ...use }] }));
      const id = `conformance-fapi-${name}`;
      const command = [
        "client",
        "create",
        "--json",
        "--client-id",
        id,
        "--jwks-file",
        file,
        ...this.#place(),
      ];
      command.push("--auth-method", "private_key_jwt", "--par", "--dpop", "--id-token-alg", "ES256");
      command.push("--scope", SCOPE);
      command.push("--redirect-uri", callback, "--redirect-uri", `${callback}?dummy1=lorem&dummy2=ipsum`);
      await this.#run(command);
      known[`fapi_${name}_id`] = id;
      known[`fapi_${name}_jwks`] = { keys: [{ ...privateKey.export({ format: "jwk" }), ...use }] };
    }
    for (const [name, method] of [
      ["first", "client_secret_basic"],
      ["second", "client_secret_basic"],
      ["posting", "client_secret_post"],
    ]) {
      const command = ["client", "create", "--json", "--no-pkce", ...this.#place()];
      command.push("--client-id", `conformance-${name}`, "--auth-method", method ?? "");
      command.push("--scope", SCOPE);
      // The suite's own second redirect URI has a query (RFC 6749 §3.1.2).
      command.push("--redirect-uri", callback, "--redirect-uri", `${callback}?dummy1=lorem&dummy2=ipsum`);
      command.push("--post-logout-redirect-uri", `${suite}/test/a/${ALIAS}/post_logout_redirect`);
      const { client_id, client_secret } = JSON.parse(await this.#run(command));
      known[`${name}_id`] = client_id;
      known[`${name}_secret`] = client_secret;
    }
    return known;
  }

  /**
   * What an operator has to change for a client of the suite that has registered itself: it does not use PKCE, which Tegata
   * wants of all (RFC 9700 §2.1.1), and its user would be asked at every login while nobody vouches for it.
   *
   * @param {{ client_id: string }} client
   */
  async #welcome({ client_id }) {
    const changed = await this.#run(["client", "update", client_id, "--no-pkce", ...this.#place()]);
    const { version } = JSON.parse(changed);
    await this.#run(["client", "vouch", client_id, "--version", String(version), ...this.#place()]);
  }

  /**
   * @param {readonly string[]} command
   * @param {string} [input]
   */
  async #run(command, input = "") {
    const child = spawn(binary, command, { ...this.#server.place, stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.end(input);
    const [printed, said, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close"),
    ]);
    if (code !== 0) throw new Error(`tegata ${command.join(" ")} ended with ${code}: ${said}`);
    return printed;
  }

  /**
   * Welcomes a client that has registered itself, before it hears of it.
   *
   * @param {import("../../e2e/support/tls-front.js").Exchange} exchange
   */
  #overhear({ method, path, status, body }) {
    if (method !== "POST" || path !== "/oauth2/register" || status !== 201) return undefined;
    return body().then(async (registered) => {
      await this.#welcome(JSON.parse(registered));
      return registered;
    });
  }
}

/**
 * The authority of a server's certificate, which may be that certificate itself, as PEM.
 *
 * @param {string} address
 */
async function authorityOf(address) {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port || 443), rejectUnauthorized: false });
  await once(socket, "secureConnect");
  let certificate = socket.getPeerCertificate(true);
  while (certificate.issuerCertificate !== certificate) certificate = certificate.issuerCertificate;
  socket.destroy();
  const lines = certificate.raw.toString("base64").replace(/.{64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
