// Somebody in front of a browser whom an application sends here to log in.
import { freshName } from "./actions.js";
import { allow, confirmAt, logInAt, makeAccount, signUpAt } from "./provider-pages.js";
import { relyingParty } from "./relying-party.js";

/** @typedef {import("./relying-party.js").RelyingParty} RelyingParty */
/** @typedef {import("./suite.js").Stage} Stage */

export class Visitor {
  username = freshName();
  page;
  /** Where they come from. */
  party;
  /** @type {import("./relying-party.js").Login | undefined} */
  #login;

  /** @param {import("playwright-core").Page} page @param {RelyingParty} party */
  constructor(page, party) {
    this.page = page;
    this.party = party;
  }

  /** Follows the application's link to log in. @param {import("./relying-party.js").Wish} [wish] */
  async comes(wish) {
    this.#login = await this.party.login(wish);
    await this.page.goto(this.#login.url);
  }

  /** On the way, by the link of the login page where that is shown. */
  signsUp() {
    return signUpAt(this.page, this.username);
  }

  /** @param {string} [password] */
  logsIn(password) {
    return logInAt(this.page, this.username, password);
  }

  /** Types the password only. @param {string} [password] */
  confirms(password) {
    return confirmAt(this.page, password);
  }

  allows() {
    return allow(this.page);
  }

  refuses() {
    return this.page.click("#consent-deny");
  }

  /**
   * Is back at the application, or where that sends its users on to; gives what it gets: verified tokens, or the error that its
   * library makes of the answer.
   */
  async arrives() {
    if (this.#login === undefined) throw new Error("nobody has set out");
    await this.party.arrives(this.page, this.party.onward);
    return this.party.tokens(this.#login);
  }
}

/** Somebody without an account. @param {Stage} stage @param {RelyingParty} [party] */
export async function newcomer({ page, server }, party) {
  return new Visitor(page, party ?? (await relyingParty(server)));
}

/** Somebody with an account, who is not logged in. @param {Stage} stage @param {RelyingParty} [party] */
export async function member(stage, party) {
  const visitor = await newcomer(stage, party);
  await makeAccount(stage.server.url, visitor.username);
  return visitor;
}
