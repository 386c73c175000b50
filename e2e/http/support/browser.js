// A browser without its windows: it keeps cookies and says where its pages come from.
import { BASE, PASSWORD, send } from "./client.js";

/** On https cookies have the prefix; on plain http, which is loopback only, they cannot. */
const PREFIX = /^__Host-/;

export class Browser {
  /** @type {Map<string, string>} */
  #cookies = new Map();

  /**
   * What a page of our own origin sends.
   *
   * @param {string} method
   * @param {string} path
   * @param {import("./client.js").Request} [request]
   */
  page(method, path, request = {}) {
    const csrf = this.cookie("tegata_csrf");
    return this.send(method, path, {
      ...request,
      headers: {
        origin: BASE,
        "sec-fetch-site": "same-origin",
        ...(csrf === undefined ? {} : { "x-csrf-token": csrf }),
        ...request.headers,
      },
    });
  }

  /**
   * With the cookies, and nothing else.
   *
   * @param {string} method
   * @param {string} path
   * @param {import("./client.js").Request} [request]
   */
  async send(method, path, request = {}) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = cookie === "" ? request.headers : { cookie, ...request.headers };
    const answer = await send(method, path, { ...request, ...(headers && { headers }) });
    for (const text of answer.headers.getSetCookie()) this.#keep(text);
    return answer;
  }

  /** @param {string} username */
  logIn(username, password = PASSWORD) {
    return this.page("POST", "/auth/login", { json: { username, password } });
  }

  refresh() {
    return this.page("POST", "/auth/refresh");
  }

  /**
   * The value of a cookie, whatever its prefix.
   *
   * @param {string} name
   */
  cookie(name) {
    return [...this.#cookies].find(([full]) => full.replace(PREFIX, "") === name)?.[1];
  }

  /** @param {string} text */
  #keep(text) {
    const [pair = "", ...attributes] = text.split(";").map((part) => part.trim());
    const at = pair.indexOf("=");
    if (attributes.some((attribute) => attribute.toLowerCase() === "max-age=0")) {
      this.#cookies.delete(pair.slice(0, at));
    } else {
      this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}
