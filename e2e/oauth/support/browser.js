// The browser of a person who logs in and is asked: it keeps cookies, follows redirects and sends forms. It goes to the
// provider only; where it is led elsewhere, it has arrived.
import { formsOf } from "./page.js";

/**
 * @typedef {object} Person
 * @property {string} identifier
 * @property {string} password
 *
 * @typedef {object} Page
 * @property {URL} url
 * @property {number} status
 * @property {string} html
 * @property {import("./page.js").Form[]} forms
 *
 * @typedef {object} Arrival
 * @property {URL} url Where the browser was led, of another origin.
 * @property {URLSearchParams} [form] What was posted there (OAuth 2.0 Form Post Response Mode).
 *
 * @typedef {object} Answers What a person does on the pages.
 * @property {Person} [person] Who logs in.
 * @property {"allow" | "deny"} [decision] What they say when they are asked; `allow` by default.
 * @property {string} [userCode] What they read on a device (RFC 8628 §3.3).
 */

/** More pages than any way through the provider has. */
const LONGEST_WAY = 12;
/** More redirects than a browser would follow. */
const MOST_REDIRECTS = 20;
const REDIRECTS = [301, 302, 303, 307, 308];

export class Browser {
  #provider;
  /** @type {{ name: string, value: string, path: string }[]} */
  #cookies = [];

  /** @param {string} issuer */
  constructor(issuer) {
    this.#provider = new URL(issuer).origin;
  }

  /**
   * Opens an address and does what the pages ask for, until the browser is led away or a page asks for nothing more.
   *
   * @param {URL | string} address
   * @param {Answers} [answers]
   * @returns {Promise<Page | Arrival>}
   */
  async walk(address, answers = {}) {
    let at = await this.#open(new URL(address));
    const forms = new Set();
    for (let step = 0; step < LONGEST_WAY; step++) {
      if (!("html" in at)) return at;
      const filled = fill(at, answers);
      if (filled === undefined) return at;
      // The same form a second time means that what was filled in was refused.
      const asked = `${filled.form.action} ${filled.form.inputs}`;
      if (filled.form.inputs.length > 0 && forms.has(asked)) return at;
      forms.add(asked);
      at = await this.#submit(filled.form, filled.fields);
    }
    throw new Error(`the provider asks and asks; at last at ${at.url}`);
  }

  /**
   * The same, where the way has to end at the client; gives the address that it was led to, with what was posted in its
   * query.
   *
   * @param {URL | string} address
   * @param {Answers} [answers]
   */
  async arrive(address, answers) {
    const end = await this.walk(address, answers);
    if ("html" in end)
      throw new Error(`the browser was left at ${end.url} (${end.status}):\n${end.html.slice(0, 3000)}`);
    if (end.form) end.url.search = end.form.toString();
    return end.url;
  }

  /**
   * The same, where the way has to end on a page of the provider.
   *
   * @param {URL | string} address
   * @param {Answers} [answers]
   */
  async stay(address, answers) {
    const end = await this.walk(address, answers);
    if (!("html" in end)) throw new Error(`the browser was led to ${end.url}`);
    return end;
  }

  /** Forgets whom it has logged in, as a new browser. */
  forget() {
    this.#cookies = [];
  }

  /**
   * @param {import("./page.js").Form} form
   * @param {URLSearchParams} fields
   */
  #submit(form, fields) {
    if (form.method === "post") return this.#open(form.action, fields);
    const address = new URL(form.action);
    address.search = fields.toString();
    return this.#open(address);
  }

  /**
   * @param {URL} address
   * @param {URLSearchParams} [posted]
   * @returns {Promise<Page | Arrival>}
   */
  async #open(address, posted) {
    let [url, form] = [address, posted];
    for (let redirects = 0; redirects < MOST_REDIRECTS; redirects++) {
      if (url.origin !== this.#provider) return form ? { url, form } : { url };
      const response = await this.#send(url, form);
      const location = response.headers.get("location");
      if (!REDIRECTS.includes(response.status) || location === null) {
        const html = await response.text();
        return { url, status: response.status, html, forms: formsOf(html, url) };
      }
      await response.arrayBuffer();
      url = new URL(location, url);
      if (response.status !== 307 && response.status !== 308) form = undefined;
    }
    throw new Error(`too many redirects; at last to ${url}`);
  }

  /**
   * @param {URL} url
   * @param {URLSearchParams} [form]
   */
  async #send(url, form) {
    const cookies = this.#cookies.filter(({ path }) => isBelow(url.pathname, path));
    /** @type {Record<string, string>} */
    const headers = { accept: "text/html", "sec-fetch-dest": "document", "sec-fetch-mode": "navigate" };
    if (cookies.length > 0)
      headers["cookie"] = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    if (form) {
      headers["origin"] = url.origin;
      headers["sec-fetch-site"] = "same-origin";
    }
    const sent = form ? { method: "POST", body: form } : {};
    const response = await fetch(url, { redirect: "manual", headers, ...sent });
    for (const text of response.headers.getSetCookie()) this.#keep(text, url);
    return response;
  }

  /**
   * RFC 6265 §5.3, for one host.
   *
   * @param {string} text
   * @param {URL} url
   */
  #keep(text, url) {
    const [pair = "", ...rest] = text.split(";").map((part) => part.trim());
    const equals = pair.indexOf("=");
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    const attributes = new Map(
      rest.map((part) => {
        const [key = "", ...words] = part.split("=");
        return [key.toLowerCase(), words.join("=")];
      }),
    );
    const given = attributes.get("path");
    const path = given?.startsWith("/") ? given : url.pathname.replace(/\/[^/]*$/, "") || "/";
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path);
    const maxAge = attributes.get("max-age");
    const ends =
      maxAge === undefined ? Date.parse(attributes.get("expires") ?? "") : Date.now() + 1000 * Number(maxAge);
    if (!(ends <= Date.now())) this.#cookies.push({ name, value, path });
  }
}

/**
 * The form of a page that a person would send now, filled in; none when the page asks for nothing.
 *
 * @param {Page} page
 * @param {Answers} answers
 */
function fill({ forms, url }, { person, decision = "allow", userCode }) {
  // What leads elsewhere sends itself where there are scripts (Form Post Response Mode).
  const away = forms.find((form) => form.action.origin !== url.origin);
  if (away) return { form: away, fields: away.fields };

  const typed = new Map([
    ["identifier", person?.identifier],
    ["password", person?.password],
    ["user_code", userCode],
  ]);
  const wanted = ["login-submit", "device-submit", `consent-${decision}`, "logout-confirm"];
  for (const form of forms) {
    const button = form.buttons.find(({ id }) => wanted.includes(id));
    // A form that a script would send at once has a button for browsers without.
    const sendsItself = form.inputs.length === 0 && form.buttons.length === 1 && form.buttons[0]?.id === "";
    if (button === undefined && !sendsItself) continue;
    const fields = new URLSearchParams(form.fields);
    for (const [name, value] of typed)
      if (form.inputs.includes(name) && value !== undefined) fields.set(name, value);
    if (button && button.name !== "") fields.append(button.name, button.value);
    return { form, fields };
  }
  return undefined;
}

/**
 * RFC 6265 §5.1.4.
 *
 * @param {string} pathname
 * @param {string} path
 */
function isBelow(pathname, path) {
  return pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`);
}
