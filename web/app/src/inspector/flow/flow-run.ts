import { abridge, withoutSecrets } from "./abridge.ts";
import { checkCallback, type Callback } from "./callback.ts";
import { allPassed, compare, type Check } from "./check.ts";
import { checkIdToken, type CheckedIdToken } from "./id-token.ts";
import { ask, type Provider, type Question } from "./provider.ts";
import { authorizationRequest, CLIENT_ID, newRoundTrip, redirectUri, withParameters } from "./request.ts";
import type { RoundTrip } from "./round-trip.ts";

/** A request and its answer, as far as they may be shown. */
export interface Exchange {
  method: "GET" | "POST";
  path: string;
  /** What was sent: the parameters of a form, or the header with the token. */
  sent: Readonly<Record<string, string>>;
  status: number;
  answer: Readonly<Record<string, unknown>>;
}

/** How far the flow has come. No token is in it and no code: what can be used stays within {@link FlowRun}. */
export interface FlowState {
  trip: RoundTrip | null;
  callback: { error: string | null; errorDescription: string | null; checks: readonly Check[] } | null;
  redeemed: Exchange | null;
  idToken: CheckedIdToken | null;
  userInfo: { exchange: Exchange; check: Check } | null;
  refreshed: Exchange | null;
  replayed: Exchange | null;
  refusedRefresh: Exchange | null;
  revoked: Exchange | null;
  pending: boolean;
  /** The last request had no answer. */
  failed: boolean;
}

const BEGINNING: FlowState = {
  trip: null,
  callback: null,
  redeemed: null,
  idToken: null,
  userInfo: null,
  refreshed: null,
  replayed: null,
  refusedRefresh: null,
  revoked: null,
  pending: false,
  failed: false,
};

/** One run of the authorization code flow, a step at a time. */
export class FlowRun {
  readonly provider: Provider;
  #state: FlowState;
  #code = "";
  #accessToken = "";
  #idToken = "";
  #refreshToken = "";
  readonly #listeners = new Set<() => void>();

  /**
   * @param trip What was begun in this tab.
   * @param callback What the browser came back with, if it did.
   */
  constructor(provider: Provider, trip: RoundTrip | null, callback: Callback | null) {
    this.provider = provider;
    this.#state = { ...BEGINNING, trip };
    if (callback === null) return;
    const checks = checkCallback(callback, trip, provider.issuer);
    // What fails a check is not even kept: a link could have brought any code here, and any text.
    const isOurs = allPassed(checks);
    const { error, errorDescription } = isOurs ? callback : { error: null, errorDescription: null };
    this.#state = { ...BEGINNING, trip, callback: { error, errorDescription, checks } };
    if (isOurs && error === null) this.#code = callback.code ?? "";
  }

  get state(): FlowState {
    return this.#state;
  }

  /** Whether there is a code that may be used. */
  get hasCode(): boolean {
    return this.#code !== "";
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Makes what the request needs. */
  begin(): Promise<void> {
    return this.#step(async () => ({ ...BEGINNING, trip: await newRoundTrip() }));
  }

  /** Where the browser has to go. */
  authorizationUrl(trip: RoundTrip, language: string): string {
    const { issuer, authorization_endpoint } = this.provider;
    return withParameters(authorization_endpoint, authorizationRequest(issuer, trip, language));
  }

  /** Where the browser goes to log out; without the ID token, which an address would keep, so the provider asks. */
  get logoutUrl(): string {
    const { issuer, end_session_endpoint } = this.provider;
    return withParameters(end_session_endpoint, {
      client_id: CLIENT_ID,
      post_logout_redirect_uri: redirectUri(issuer),
    });
  }

  /** RFC 6749 §4.1.3 */
  redeem(): Promise<void> {
    return this.#step(async () => {
      const { exchange, body } = await this.#send(this.#codeRequest());
      this.#accessToken = text(body["access_token"]);
      this.#idToken = text(body["id_token"]);
      this.#refreshToken = text(body["refresh_token"]);
      return { redeemed: exchange };
    });
  }

  checkIdToken(): Promise<void> {
    return this.#step(async () => {
      const { issuer, jwks_uri } = this.provider;
      const { body: jwks } = await ask({ url: jwks_uri });
      const idToken = await checkIdToken(this.#idToken, {
        issuer,
        clientId: CLIENT_ID,
        nonce: this.#state.trip?.nonce ?? "",
        accessToken: this.#accessToken,
        jwks,
        now: Date.now(),
      });
      return { idToken };
    });
  }

  /** OpenID Connect Core §5.3: the answer is used only if it is about the same user. */
  askUserInfo(): Promise<void> {
    return this.#step(async () => {
      const url = this.provider.userinfo_endpoint;
      const { exchange, body } = await this.#send({ url, accessToken: this.#accessToken });
      const subject = text(this.#state.idToken?.decoded?.claims["sub"]);
      return { userInfo: { exchange, check: compare("sub", subject, body["sub"]) } };
    });
  }

  /** RFC 6749 §6 */
  refresh(): Promise<void> {
    return this.#step(async () => {
      const { exchange, body } = await this.#send(this.#refreshRequest());
      this.#refreshToken = text(body["refresh_token"]) || this.#refreshToken;
      return { refreshed: exchange };
    });
  }

  /** Does what a thief of the code would do (RFC 6749 §4.1.2): it ends the grant. */
  replay(): Promise<void> {
    return this.#step(async () => ({ replayed: (await this.#send(this.#codeRequest())).exchange }));
  }

  refreshAfterReplay(): Promise<void> {
    return this.#step(async () => ({ refusedRefresh: (await this.#send(this.#refreshRequest())).exchange }));
  }

  /** RFC 7009 §2.1 */
  revoke(): Promise<void> {
    const form = { token: this.#refreshToken, token_type_hint: "refresh_token", client_id: CLIENT_ID };
    return this.#step(async () => ({
      revoked: (await this.#send({ url: this.provider.revocation_endpoint, form })).exchange,
    }));
  }

  #codeRequest(): Question {
    return {
      url: this.provider.token_endpoint,
      form: {
        grant_type: "authorization_code",
        code: this.#code,
        redirect_uri: redirectUri(this.provider.issuer),
        client_id: CLIENT_ID,
        code_verifier: this.#state.trip?.codeVerifier ?? "",
      },
    };
  }

  #refreshRequest(): Question {
    return {
      url: this.provider.token_endpoint,
      form: { grant_type: "refresh_token", refresh_token: this.#refreshToken, client_id: CLIENT_ID },
    };
  }

  async #send(question: Question): Promise<{ exchange: Exchange; body: Readonly<Record<string, unknown>> }> {
    const { status, body } = await ask(question);
    const { form, accessToken, url } = question;
    const sent = form ?? { authorization: `Bearer ${abridge(accessToken ?? "")}` };
    const exchange: Exchange = {
      method: form === undefined ? "GET" : "POST",
      path: new URL(url).pathname,
      sent: withoutSecrets(sent) as Record<string, string>,
      status,
      answer: withoutSecrets(body),
    };
    return { exchange, body };
  }

  /** One at a time; without an answer everything stays as it was. */
  async #step(work: () => Promise<Partial<FlowState>>): Promise<void> {
    if (this.#state.pending) return;
    this.#set({ pending: true, failed: false });
    try {
      this.#set({ ...(await work()), pending: false });
    } catch {
      this.#set({ pending: false, failed: true });
    }
  }

  #set(change: Partial<FlowState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
