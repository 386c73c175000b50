import {
  defaultLocks,
  openBroadcastChannel,
  readDocumentCookie,
  systemClock,
  type Clock,
  type Locks,
  type OpenChannel,
} from "./environment.js";
import { clientError, isRecord, isTegataError, unexpectedResponse } from "./errors.js";
import { SessionKeeper, type AuthState, type HeldTokens } from "./session.js";
import { TimelineLog, type Timeline } from "./timeline.js";
import { decodeToken, type DecodedToken } from "./token.js";
import { Transport, type Outgoing } from "./transport.js";
import type {
  LoginRequest,
  PasswordChange,
  ProtectedResponse,
  ProviderConfig,
  Session,
  SessionsResponse,
  SignupRequest,
  User,
  UserPatch,
  UserResponse,
  UsersPage,
} from "./wire.js";

export interface TegataOptions {
  /** Origin of the provider. Default: the page's own. */
  baseUrl?: string;
  /** Origins, beside the provider's, that {@link TegataClient.fetch} may send the access token to. Default: none. */
  allowedOrigins?: readonly string[];
  /**
   * Seconds before the access token's end from which the next request renews it first; `false` leaves it to the
   * refusal. Nothing is renewed without a request, or an idle page would never be logged out. Default: 10.
   */
  renewAhead?: number | false;
  fetch?: typeof globalThis.fetch;
  clock?: Clock;
  locks?: Locks;
  openChannel?: OpenChannel;
  /** Reads what `document.cookie` would. */
  readCookie?: () => string;
}

/** What a page can show of its tokens. */
export interface TokenInspection {
  accessToken: DecodedToken | null;
  idToken: DecodedToken | null;
  /** Milliseconds since 1970 by this page's clock. */
  obtainedAt: number;
  expiresAt: number;
}

/**
 * A client of one provider for one page.
 *
 * The access token is kept in memory only; the refresh token is in a cookie that no script can read. Every method
 * throws {@link TegataError} and nothing else.
 */
export class TegataClient {
  readonly #base: URL;
  readonly #allowed: ReadonlySet<string>;
  readonly #transport: Transport;
  readonly #session: SessionKeeper;
  readonly #timeline = new TimelineLog();
  #inspected: { held: HeldTokens; inspection: TokenInspection } | null = null;

  constructor(options: TegataOptions = {}) {
    this.#base = new URL(options.baseUrl ?? globalThis.location.origin);
    this.#allowed = new Set([
      this.#base.origin,
      ...(options.allowedOrigins ?? []).map((origin) => new URL(origin).origin),
    ]);
    const clock = options.clock ?? systemClock;
    const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#transport = new Transport(fetch, clock, this.#timeline, this.#base);
    this.#session = new SessionKeeper({
      base: this.#base,
      transport: this.#transport,
      timeline: this.#timeline,
      clock,
      locks: options.locks ?? defaultLocks(),
      openChannel: options.openChannel ?? openBroadcastChannel,
      readCookie: options.readCookie ?? readDocumentCookie,
      renewAhead: options.renewAhead ?? 10,
    });
  }

  /** Who is signed in; a new object for each change. */
  get state(): AuthState {
    return this.#session.state;
  }

  /** Calls back after each change of {@link state} or of the tokens; returns what ends that. */
  subscribe = (listener: () => void): (() => void) => this.#session.subscribe(listener);

  get timeline(): Timeline {
    return this.#timeline;
  }

  /** Finds out whether this browser has a session (a silent refresh). Repeating it does nothing. */
  start(): Promise<void> {
    return this.#session.start();
  }

  /** To call when the page becomes visible or online again: picks up what happened meanwhile. */
  recheck(): Promise<void> {
    return this.#session.recheck();
  }

  /** Gets new tokens now. Calls at the same time, in any tab, share one request. */
  refresh(): Promise<void> {
    return this.#session.refresh();
  }

  /** Stops timers and listening to other tabs. */
  close(): void {
    this.#session.close();
  }

  async config(): Promise<ProviderConfig> {
    return having<ProviderConfig>(await this.#open("GET", "/auth/config"), "client_id");
  }

  /** Makes an account; it does not log in. */
  async signup(request: SignupRequest): Promise<User> {
    return having<UserResponse>(await this.#open("POST", "/auth/signup", request), "user").user;
  }

  login({ username, password }: LoginRequest): Promise<User> {
    return this.#session.login(() => this.#open("POST", "/auth/login", { username, password }));
  }

  /** Ends the session, here and in every tab. When the provider cannot be told, it throws and nothing changes. */
  logout(): Promise<void> {
    return this.#session.logout((csrf) =>
      this.#transport.json(this.#outgoing("POST", "/auth/logout", { headers: { "x-csrf-token": csrf } })),
    );
  }

  /** Ends every session of the user, on every device. */
  async logoutAll(): Promise<void> {
    await this.#authorized("POST", "/auth/logout-all");
    this.#session.ended();
  }

  async me(): Promise<User> {
    return having<UserResponse>(await this.#authorized("GET", "/users/me"), "user").user;
  }

  async updateMe(patch: UserPatch): Promise<User> {
    return having<UserResponse>(await this.#authorized("PATCH", "/users/me", patch), "user").user;
  }

  /** Deletes the account for good. */
  async deleteMe(password: string): Promise<void> {
    await this.#authorized("DELETE", "/users/me", { password });
    this.#session.ended();
  }

  /** Changes the password; the user's other sessions end. */
  async changePassword(change: PasswordChange): Promise<void> {
    await this.#authorized("POST", "/users/me/password", change);
  }

  async sessions(): Promise<Session[]> {
    return having<SessionsResponse>(await this.#authorized("GET", "/users/me/sessions"), "sessions").sessions;
  }

  /** Ends one session; one that is already gone is no error. */
  async endSession(sessionId: string): Promise<void> {
    const own = this.inspect()?.accessToken?.claims["sid"] === sessionId;
    try {
      await this.#authorized("DELETE", `/users/me/sessions/${encodeURIComponent(sessionId)}`);
    } catch (error) {
      if (!isTegataError(error) || error.code !== "not_found") throw error;
    }
    if (own) this.#session.ended();
  }

  /** A page of users; needs the scope `users:read`. */
  async users(page: { limit?: number; cursor?: string } = {}): Promise<UsersPage> {
    const query = new URLSearchParams();
    if (page.limit !== undefined) query.set("limit", String(page.limit));
    if (page.cursor !== undefined) query.set("cursor", page.cursor);
    const suffix = query.size > 0 ? `?${query.toString()}` : "";
    return having<UsersPage>(await this.#authorized("GET", `/users${suffix}`), "users");
  }

  async protected(): Promise<ProtectedResponse> {
    return having<ProtectedResponse>(await this.#authorized("GET", "/api/protected"), "message");
  }

  /**
   * `fetch` with the access token and the one retry, for APIs of your own.
   *
   * The token goes to the provider's origin and to `allowedOrigins`; anything else throws `origin_not_allowed` before
   * anything is sent. Redirects are not followed. A body that is a stream cannot be sent twice, so it gets no retry.
   */
  async fetch(input: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = URL.canParse(input, this.#base) ? new URL(input, this.#base) : null;
    if (url === null || !this.#allowed.has(url.origin)) {
      throw clientError("origin_not_allowed", `the access token is not for ${url?.origin ?? "that"}`);
    }
    const repeatable = !(init.body instanceof ReadableStream);
    return this.#session.authorized(async (accessToken, kind) => {
      const { response, invalidToken } = await this.#transport.raw({
        kind,
        method: (init.method ?? "GET").toUpperCase(),
        url,
        init,
        accessToken,
        withCookies: url.origin === this.#base.origin,
        signal: init.signal ?? undefined,
      });
      return { result: response, invalidToken: invalidToken && repeatable };
    });
  }

  /**
   * The decoded tokens, for display: nothing is verified, and no usable token is handed out.
   *
   * The same object until the tokens change.
   */
  inspect(): TokenInspection | null {
    const held = this.#session.held;
    if (held === null) return null;
    if (this.#inspected?.held !== held) {
      const { obtainedAt, expiresAt } = held;
      const accessToken = decodeToken(held.accessToken);
      this.#inspected = {
        held,
        inspection: { accessToken, idToken: decodeToken(held.idToken), obtainedAt, expiresAt },
      };
    }
    return this.#inspected.inspection;
  }

  /** Breaks the held access token, so that the next request shows the refusal, the refresh and the retry. */
  spoilAccessToken(): void {
    this.#session.spoilAccessToken();
  }

  #open(method: string, path: string, json?: unknown): Promise<unknown> {
    return this.#transport.json(this.#outgoing(method, path, { json }));
  }

  #authorized(method: string, path: string, json?: unknown): Promise<unknown> {
    return this.#session.authorized(async (accessToken, kind) => {
      try {
        const outgoing = this.#outgoing(method, path, { json, accessToken, kind });
        return { result: await this.#transport.json(outgoing), invalidToken: false };
      } catch (error) {
        if (kind === "retry" || !isTegataError(error) || error.code !== "invalid_token") throw error;
        return { result: undefined, invalidToken: true };
      }
    });
  }

  #outgoing(method: string, path: string, more: Partial<Outgoing> = {}): Outgoing {
    return { kind: "request", method, url: new URL(path, this.#base), withCookies: true, ...more };
  }
}

/** A proxy may answer for the provider with 200: then what the caller counts on is not there. */
function having<T>(answer: unknown, member: keyof T & string): T {
  if (!isRecord(answer) || answer[member] === undefined) throw unexpectedResponse(200);
  return answer as T;
}
