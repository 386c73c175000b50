// oidc-provider for Node.js, with pages of the same ids as Tegata's: to tell a wrong test from a wrong provider.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { exportJWK, generateKeyPair } from "jose";
// @ts-expect-error: it comes without types.
import Oidc from "oidc-provider";
import { TlsFront } from "../../support/tls-front.js";
import { API_SCOPE, CLIENTS } from "./clients.js";
import { registration } from "./provider.js";

/** @typedef {import("./clients.js").ClientName} ClientName */

const FORM = "op.deviceInputForm";

export class Reference {
  issuer = "";
  person = { identifier: "traveller", password: "seven lanterns on the old road" };
  /** @type {Map<ClientName, import("./provider.js").Credentials>} */
  #clients = new Map();
  #server = createServer();
  #address = "";
  #front = new TlsFront(() => this.#address);
  #wishes;

  /** @param {import("./provider.js").Wishes} wishes */
  constructor(wishes) {
    this.#wishes = wishes;
  }

  async start() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
    this.#address = `http://127.0.0.1:${port}`;
    await this.#front.start();
    this.issuer = this.#wishes.plainHttp ? this.#address : this.#front.url;

    const provider = new Oidc(this.issuer, await configuration(await this.#registerAll(), this.#wishes));
    provider.proxy = true;
    const handle = provider.callback();
    this.#server.on("request", async (request, response) => {
      if (!request.url?.startsWith("/interaction/")) return handle(request, response);
      const interaction = await provider.interactionDetails(request, response);
      if (request.method === "GET") {
        response.setHeader("content-type", "text/html");
        return response.end(pageFor(interaction));
      }
      const result = await this.#decide(provider, interaction, new URLSearchParams(await text(request)));
      return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    });
  }

  /** @param {ClientName} name */
  async register(name) {
    return /** @type {import("./provider.js").Credentials} */ (this.#clients.get(name));
  }

  async dispose() {
    this.#front.dispose();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #registerAll() {
    const all = [];
    for (const name of /** @type {ClientName[]} */ (Object.keys(CLIENTS))) {
      const { metadata, ...own } = await registration(name);
      const hasSecret = metadata.token_endpoint_auth_method.startsWith("client_secret");
      const credentials = {
        client_id: name,
        ...(hasSecret ? { client_secret: randomBytes(32).toString("base64url") } : {}),
      };
      this.#clients.set(name, { ...credentials, ...own });
      all.push({ ...metadata, ...credentials });
    }
    return all;
  }

  /**
   * @param {any} provider
   * @param {any} interaction
   * @param {URLSearchParams} form
   */
  async #decide(provider, { prompt, params, session, grantId }, form) {
    if (prompt.name === "login") {
      const isRight =
        form.get("identifier") === this.person.identifier && form.get("password") === this.person.password;
      return isRight ? { login: { accountId: this.person.identifier } } : { error: "access_denied" };
    }
    if (form.get("decision") !== "allow") return { error: "access_denied" };
    const grant =
      (await provider.Grant.find(grantId)) ??
      new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    return { consent: { grantId: await grant.save() } };
  }
}

/**
 * @param {object[]} clients
 * @param {import("./provider.js").Wishes} wishes
 */
async function configuration(clients, { dpopNonces }) {
  const keys = await Promise.all(
    ["RS256", "ES256"].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return { ...(await exportJWK(privateKey)), alg, use: "sig" };
    }),
  );
  return {
    clients,
    jwks: { keys },
    scopes: ["openid", "profile", "offline_access", API_SCOPE],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    findAccount: (/** @type {unknown} */ _, /** @type {string} */ sub) => ({
      accountId: sub,
      claims: () => ({ sub, preferred_username: sub }),
    }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      ...(dpopNonces && {
        dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      }),
      introspection: { enabled: true },
      revocation: { enabled: true },
      registration: { enabled: true },
      registrationManagement: { enabled: true },
      requestObjects: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: page((form) => `${form}<button id="device-submit" form="${FORM}">Next</button>`),
        userCodeConfirmSource: page(
          (form) => `${form}<button id="device-submit" form="op.deviceConfirmForm">It is mine</button>`,
        ),
        successSource: page(() => "Done."),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: page(
          (form) =>
            `${form}<button id="logout-confirm" name="logout" value="yes" form="op.logoutForm">Log out</button>`,
        ),
        postLogoutSuccessSource: page(() => "You are logged out."),
      },
    },
  };
}

/** @param {(form: string) => string} body */
function page(body) {
  return (/** @type {{ body: string }} */ ctx, /** @type {string} */ form) => {
    ctx.body = `<!doctype html><title>Reference</title>${body(form)}`;
  };
}

/** @param {{ uid: string, prompt: { name: string } }} interaction */
function pageFor({ uid, prompt }) {
  const inputs =
    prompt.name === "login"
      ? `<input name="identifier"><input name="password" type="password"><button id="login-submit">Log in</button>`
      : `<button id="consent-allow" name="decision" value="allow">Allow</button>
         <button id="consent-deny" name="decision" value="deny">Deny</button>`;
  return `<!doctype html><title>Reference</title><form method="post" action="/interaction/${uid}">${inputs}</form>`;
}
