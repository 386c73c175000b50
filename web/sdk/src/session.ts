import { findCsrfToken, type Clock, type Locks, type OpenChannel } from "./environment.js";
import { clientError, isRecord, isTegataError, unexpectedResponse, type TegataError } from "./errors.js";
import { Tabs, type TabMessage } from "./tabs.js";
import type { RotationEvent, TimelineLog } from "./timeline.js";
import { decodeToken, spoilSignature } from "./token.js";
import type { Transport } from "./transport.js";
import type { LoginResponse, TokenResponse } from "./wire.js";

/** Who is signed in, from the claims of the access token (RFC 9068 §2.2). */
export interface SignedInUser {
  sub: string;
  username: string;
}

/** `never`: nobody was; `signed_out`: by a wish; `ended`: the provider ended the session, or it grew too old. */
export type SignedOutReason = "never" | "signed_out" | "ended";

export type AuthState =
  /** A silent refresh, at the start or when a page comes back to another session, has not been answered. */
  | { readonly status: "starting" }
  | {
      readonly status: "signed_in";
      readonly user: SignedInUser;
      /** Space-separated (RFC 6749 §3.3). */
      readonly scope: string;
      /** End of the access token, in milliseconds since 1970 by this page's clock. */
      readonly expiresAt: number;
    }
  /** There may be a session, but the provider cannot be asked now; it will be asked again. */
  | { readonly status: "unreachable"; readonly user: SignedInUser | null; readonly error: TegataError }
  | { readonly status: "signed_out"; readonly reason: SignedOutReason };

/** @internal */
export interface HeldTokens {
  accessToken: string;
  idToken: string;
  scope: string;
  /** Milliseconds since 1970 by this computer's clock, which all tabs share. */
  obtainedAt: number;
  expiresAt: number;
}

/** @internal */
export interface SessionPorts {
  base: URL;
  transport: Transport;
  timeline: TimelineLog;
  clock: Clock;
  locks: Locks;
  openChannel: OpenChannel;
  readCookie: () => string;
  /** Seconds, or `false`. */
  renewAhead: number | false;
}

/** How long a tab that waited for another one's refresh waits for the tokens to arrive through the channel. */
const HANDOVER_MS = 250;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/**
 * Holds the tokens of this page, in memory and nowhere else, and keeps them fresh.
 *
 * @internal
 */
export class SessionKeeper {
  readonly #ports: SessionPorts;
  readonly #tabs: Tabs;
  readonly #listeners = new Set<() => void>();
  #state: AuthState = { status: "starting" };
  #held: HeldTokens | null = null;
  /** The CSRF token that came with what is held. It is bound to the session, so another one tells of another session. */
  #heldCsrf: string | null = null;
  /** The access token that the provider refused, although its time was not up. */
  #refused: HeldTokens | null = null;
  /** Counts the ends of sessions, so that what began before one is not believed after it. */
  #ends = 0;
  #endedAt = -Infinity;
  #endedSid: string | null = null;
  #refreshing: Promise<void> | null = null;
  #starting: Promise<void> | null = null;
  #retryTimer: unknown = null;
  #retries = 0;
  #closed = false;

  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.#tabs = new Tabs(ports.base.origin, ports.locks, ports.openChannel, (message) =>
      this.#hear(message),
    );
  }

  get state(): AuthState {
    return this.#state;
  }

  get held(): HeldTokens | null {
    return this.#held;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  csrfToken(): string | null {
    return findCsrfToken(this.#ports.readCookie(), this.#ports.base.protocol === "https:");
  }

  /** Finds out, once, whether this browser has a session. */
  start(): Promise<void> {
    return (this.#starting ??= this.#start());
  }

  async #start(): Promise<void> {
    if (this.#state.status !== "starting") return;
    if (this.csrfToken() === null) {
      this.#forget("never");
      return;
    }
    await this.refresh().catch(() => undefined);
  }

  /** Looks again after the page was hidden, frozen or offline: messages of other tabs may have been lost. */
  async recheck(): Promise<void> {
    const csrf = this.csrfToken();
    if (this.#held !== null && csrf !== this.#heldCsrf) {
      // A page that comes back from a browser's cache still shows whoever left: hidden first, asked for then.
      if (csrf === null) {
        this.#forget("signed_out");
        return;
      }
      this.#drop();
      this.#become({ status: "starting" });
      // A refresh that is under way was begun for the session that is gone.
      await this.#refreshing?.catch(() => undefined);
    }
    const { status } = this.#state;
    if (status === "signed_in" || (status === "signed_out" && csrf === null)) return;
    await this.refresh().catch(() => undefined);
  }

  /** New tokens; callers at the same time share one request, and so do the tabs of this origin. */
  refresh(): Promise<void> {
    return (this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    }));
  }

  async #refresh(): Promise<void> {
    const before = this.#held;
    this.#cancelRetry();
    await this.#tabs.exclusive(async (contended) => {
      if (contended) await this.#handover(before);
      if (this.#held !== null && this.#held !== before) return;
      if (before !== null && this.#held === null) throw notSignedIn();
      const csrf = this.csrfToken();
      if (csrf === null) {
        if (this.#state.status !== "signed_out") this.#end(before === null ? "never" : "ended");
        throw notSignedIn();
      }
      await this.#askForTokens(csrf);
    });
  }

  async #askForTokens(csrf: string): Promise<void> {
    const { base, transport } = this.#ports;
    const ends = this.#ends;
    try {
      const answer = await transport.json({
        kind: "refresh",
        method: "POST",
        url: new URL("/auth/refresh", base),
        headers: { "x-csrf-token": csrf },
        withCookies: true,
      });
      // Someone logged out meanwhile: these tokens are not wanted any more.
      if (this.#ends !== ends) throw notSignedIn();
      this.#adopt(this.#readTokens(answer), "refresh");
    } catch (error) {
      if (!isTegataError(error) || error.code === "not_signed_in") throw error;
      // Nor does a failure say anything about what is there by now.
      if (this.#ends !== ends) throw notSignedIn(error);
      if (error.code === "invalid_grant") {
        this.#end("ended");
        throw notSignedIn(error);
      }
      this.#postpone(error);
      throw error;
    }
  }

  /** Waits a moment for the tokens that another tab has just got. */
  async #handover(before: HeldTokens | null): Promise<void> {
    const { clock } = this.#ports;
    const ends = this.#ends;
    await new Promise<void>((resolve) => {
      const done = () => {
        clock.clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = clock.setTimeout(done, HANDOVER_MS);
      const look = () => {
        if (this.#held !== before || this.#ends !== ends) done();
      };
      const stop = this.subscribe(look);
      look();
    });
  }

  /**
   * Sends something with the access token, and once more if the provider refused that token.
   *
   * `send` throws the provider's `invalid_token` or answers with `invalidToken: true`.
   */
  async authorized<T>(
    send: (accessToken: string, kind: "request" | "retry") => Promise<{ result: T; invalidToken: boolean }>,
  ): Promise<T> {
    const asker = this.#held;
    const held = await this.#usable(asker);
    const first = await send(held.accessToken, "request");
    if (!first.invalidToken) return first.result;
    if (this.#held === held) {
      this.#refused = held;
      await this.refresh();
    }
    // Another request may have brought fresh tokens while this one was on its way.
    return (await send(this.#heldFor(held).accessToken, "retry")).result;
  }

  async #usable(asker: HeldTokens | null): Promise<HeldTokens> {
    if (asker !== null && !this.#isDue(asker)) return asker;
    if (asker === null && this.csrfToken() === null) throw notSignedIn();
    try {
      await this.refresh();
    } catch (error) {
      // Renewal was only ahead of time: what is held still works.
      if (this.#held === null || this.#state.status !== "signed_in") throw error;
    }
    return this.#heldFor(asker);
  }

  /**
   * What is held, if it is of the user for whom a request was made.
   *
   * The browser may be somebody else's by now, through another tab: what one user asked for is not done to another.
   */
  #heldFor(asker: HeldTokens | null): HeldTokens {
    const held = this.#held;
    if (held === null) throw notSignedIn();
    if (asker !== null && userOf(asker.accessToken)?.sub !== userOf(held.accessToken)?.sub)
      throw notSignedIn();
    return held;
  }

  #isDue(held: HeldTokens): boolean {
    if (held === this.#refused) return true;
    const { renewAhead, clock } = this.#ports;
    if (renewAhead === false) return false;
    // A tenth of a short life at most, or a token of two seconds would be renewed at every request.
    const ahead = Math.min(renewAhead * 1000, (held.expiresAt - held.obtainedAt) / 10);
    return clock.now() >= held.expiresAt - ahead;
  }

  /** Logs in while no other tab changes the cookies. */
  login(send: () => Promise<unknown>): Promise<LoginResponse["user"]> {
    return this.#tabs.exclusive(async () => {
      const answer = await send();
      if (!isRecord(answer) || !isRecord(answer["user"])) throw unexpectedResponse(200);
      this.#adopt(this.#readTokens(answer), "login");
      return answer["user"] as unknown as LoginResponse["user"];
    });
  }

  /** Logs out, here and in every tab, once `send` has told the provider. */
  logout(send: (csrf: string) => Promise<unknown>): Promise<void> {
    return this.#tabs.exclusive(async () => {
      const csrf = this.csrfToken();
      if (csrf !== null) {
        await send(csrf).catch((error: unknown) => {
          if (!isTegataError(error) || error.code !== "invalid_grant") throw error;
        });
      }
      this.#end("signed_out");
    });
  }

  /** The provider has ended the session by another way: the same, without asking it. */
  ended(): void {
    this.#end("signed_out");
  }

  spoilAccessToken(): void {
    if (this.#held === null) throw notSignedIn();
    this.#held = { ...this.#held, accessToken: spoilSignature(this.#held.accessToken) };
    this.#notify();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#tabs.close();
    this.#listeners.clear();
  }

  #readTokens(answer: unknown): HeldTokens {
    if (!isTokenResponse(answer) || userOf(answer.access_token) === null) throw unexpectedResponse(200);
    const obtainedAt = this.#ports.clock.now();
    return {
      accessToken: answer.access_token,
      idToken: answer.id_token,
      scope: answer.scope,
      obtainedAt,
      // By the time that is left, not by `exp`: this page's clock need not be right.
      expiresAt: obtainedAt + answer.expires_in * 1000,
    };
  }

  #adopt(tokens: HeldTokens, source: RotationEvent["source"]): void {
    const user = userOf(tokens.accessToken);
    if (user === null) return;
    this.#cancelRetry();
    this.#retries = 0;
    this.#held = tokens;
    this.#heldCsrf = this.csrfToken();
    this.#refused = null;
    this.#ports.timeline.add({ kind: "rotation", source, startedAt: this.#ports.clock.now() });
    if (source !== "other_tab") this.#tabs.publish({ type: "tokens", tokens });
    this.#become({ status: "signed_in", user, scope: tokens.scope, expiresAt: tokens.expiresAt });
  }

  #end(reason: SignedOutReason): void {
    const sid = sidOf(this.#held);
    const known = this.#held !== null;
    this.#forget(reason);
    // A page that knew no session has nothing to say about the one that another tab may have just opened.
    if (reason === "signed_out" || (reason === "ended" && known)) {
      this.#tabs.publish({ type: "signed_out", reason, sid, at: this.#endedAt });
    }
  }

  #forget(reason: SignedOutReason, at = this.#ports.clock.now(), sid = sidOf(this.#held)): void {
    this.#endedSid = sid ?? this.#endedSid;
    this.#drop();
    if (reason !== "never") this.#endedAt = at;
    this.#become({ status: "signed_out", reason });
  }

  #drop(): void {
    this.#cancelRetry();
    this.#held = null;
    this.#heldCsrf = null;
    this.#refused = null;
    this.#ends++;
  }

  /** The provider cannot be asked now: nobody is logged out for that. */
  #postpone(error: TegataError): void {
    const held = this.#held;
    if (held !== null && held !== this.#refused && this.#ports.clock.now() < held.expiresAt) return;
    const user = held === null ? null : userOf(held.accessToken);
    this.#become({ status: "unreachable", user, error });
    if (this.#closed) return;
    const asked = "retryAfter" in error && error.retryAfter !== null ? error.retryAfter * 1000 : 0;
    const backOff = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#retries++);
    const again = () => void this.refresh().catch(() => undefined);
    this.#retryTimer = this.#ports.clock.setTimeout(again, Math.max(asked, backOff));
  }

  #cancelRetry(): void {
    if (this.#retryTimer !== null) this.#ports.clock.clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
  }

  #hear(message: TabMessage): void {
    if (message.type === "tokens") {
      const { obtainedAt } = message.tokens;
      if (obtainedAt <= this.#endedAt || (this.#held && obtainedAt < this.#held.obtainedAt)) return;
      // Got before the end and told after it: only a login makes the page somebody's again, with a session of its own.
      if (this.#endedSid !== null && sidOf(message.tokens) === this.#endedSid) return;
      this.#adopt(message.tokens, "other_tab");
      return;
    }
    const newerSession =
      this.#held !== null && this.#held.obtainedAt > message.at && sidOf(this.#held) !== message.sid;
    if (newerSession || this.#state.status === "signed_out") return;
    // When it was said, not when it is heard: a page that was frozen hears of the next login right after.
    const at = Math.min(message.at, this.#ports.clock.now());
    this.#forget(message.reason, at, message.sid ?? sidOf(this.#held));
  }

  #become(state: AuthState): void {
    this.#state = state;
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function sidOf(tokens: HeldTokens | null): string | null {
  const sid = tokens && decodeToken(tokens.accessToken)?.claims["sid"];
  return typeof sid === "string" ? sid : null;
}

function userOf(accessToken: string): SignedInUser | null {
  const claims = decodeToken(accessToken)?.claims;
  if (!claims || typeof claims["sub"] !== "string" || typeof claims["username"] !== "string") return null;
  return { sub: claims["sub"], username: claims["username"] };
}

function isTokenResponse(value: unknown): value is TokenResponse {
  return (
    isRecord(value) &&
    typeof value["access_token"] === "string" &&
    typeof value["id_token"] === "string" &&
    typeof value["scope"] === "string" &&
    typeof value["expires_in"] === "number" &&
    // RFC 6749 §7.1: a token of a type that is not understood must not be used.
    typeof value["token_type"] === "string" &&
    value["token_type"].toLowerCase() === "bearer"
  );
}

function notSignedIn(cause?: unknown): TegataError {
  return clientError("not_signed_in", "nobody is logged in", cause);
}
