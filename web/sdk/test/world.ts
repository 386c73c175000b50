/** One browser with several tabs, one provider, and a clock that stands still until it is told to go on. */
import { TegataClient, type Channel, type Clock, type Locks, type TegataOptions } from "../src/index.ts";

/** Lets everything happen that waits for nothing but its turn. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

export class ManualClock implements Clock {
  #now = Date.UTC(2026, 10, 24, 12);
  #timers: { at: number; callback: () => void }[] = [];

  now = (): number => this.#now;

  setTimeout = (callback: () => void, milliseconds: number): unknown => {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.push(timer);
    return timer;
  };

  clearTimeout = (handle: unknown): void => {
    this.#timers = this.#timers.filter((timer) => timer !== handle);
  };

  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      await settle();
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#now = next.at;
      this.clearTimeout(next);
      next.callback();
    }
    this.#now = end;
    await settle();
  }
}

/** The Web Locks of one browser: exclusive, first come first served. */
export class MemoryLocks implements Locks {
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #held = new Set<string>();

  async request<T>(
    name: string,
    options: { ifAvailable?: boolean },
    callback: (lock: unknown) => Promise<T>,
  ): Promise<T> {
    if (this.#held.has(name)) {
      if (options.ifAvailable) return callback(null);
      await new Promise<void>((resolve) => {
        this.#queues.set(name, [...(this.#queues.get(name) ?? []), resolve]);
      });
    }
    this.#held.add(name);
    try {
      return await callback({ name });
    } finally {
      const [next, ...rest] = this.#queues.get(name) ?? [];
      this.#queues.set(name, rest);
      if (next) next();
      else this.#held.delete(name);
    }
  }
}

/** No locks at all, as in a browser that lacks them. */
export class NoLocks implements Locks {
  request<T>(_: string, __: { ifAvailable?: boolean }, callback: (lock: unknown) => Promise<T>): Promise<T> {
    return callback({});
  }
}

export class MemoryChannels {
  readonly messages: unknown[] = [];
  readonly #open = new Set<{ name: string; receive: (message: unknown) => void }>();

  open = (name: string, receive: (message: unknown) => void): Channel => {
    const self = { name, receive };
    this.#open.add(self);
    return {
      postMessage: (message) => {
        this.messages.push(message);
        for (const other of this.#open) {
          if (other === self || other.name !== name) continue;
          const copy: unknown = structuredClone(message);
          setTimeout(() => {
            if (this.#open.has(other)) other.receive(copy);
          }, 0);
        }
      },
      close: () => this.#open.delete(self),
    };
  };

  /** As if another tab had said it. */
  say(message: unknown): void {
    for (const { receive } of this.#open) receive(message);
  }
}

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

export interface Seen {
  method: string;
  url: string;
  path: string;
  headers: Headers;
  body: unknown;
  init: RequestInit;
}

type Answerer = (seen: Seen) => Response | Promise<Response>;

export function problem(
  status: number,
  code: string,
  more: object = {},
  headers: HeadersInit = {},
): Response {
  const body = { type: "about:blank", title: code, status, detail: `it is ${code}`, code, request_id: "r1" };
  return Response.json({ ...body, ...more }, { status, headers });
}

export const invalidToken = (): Response =>
  problem(401, "invalid_token", {}, { "www-authenticate": 'Bearer error="invalid_token"' });

/** A provider that believes every password and keeps the cookies of the one browser. */
export class FakeProvider {
  readonly seen: Seen[] = [];
  /** Instead of the usual answer, by path. */
  readonly answers = new Map<string, Answerer>();
  cookie = "";
  /** Whose the session of the cookies is. */
  username = "hanako";
  lifetime = 900;
  /** Access tokens that are accepted. */
  readonly valid = new Set<string>();
  #generation = 0;
  #sid = 0;

  count(path: string): number {
    return this.seen.filter((seen) => seen.path === path).length;
  }

  fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const seen: Seen = {
      method: init.method ?? "GET",
      url: url.href,
      path: url.pathname,
      headers: new Headers(init.headers),
      body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
      init,
    };
    this.seen.push(seen);
    await Promise.resolve();
    return (this.answers.get(seen.path) ?? ((request) => this.#answer(request)))(seen);
  };

  /** A session from before the page was opened. */
  openSession(): void {
    this.#sid++;
    this.cookie = `theme=x; tegata_csrf=csrf-${this.#sid}`;
  }

  endSession(): void {
    this.cookie = "";
  }

  refuseAllTokens(): void {
    this.valid.clear();
  }

  tokens(username = this.username) {
    const now = Math.floor(Date.now() / 1000);
    const number = ++this.#generation;
    const sub = username === "hanako" ? "u-1" : `u-${username}`;
    const claims = { sub, username, sid: `s-${this.#sid}`, iat: now, exp: now + this.lifetime };
    const access_token = `${base64url({ typ: "at+jwt", alg: "ES256" })}.${base64url({ ...claims, jti: number })}.Sig${number}`;
    this.valid.add(access_token);
    return {
      access_token,
      token_type: "Bearer",
      expires_in: this.lifetime,
      id_token: `${base64url({ typ: "JWT" })}.${base64url({ sub, aud: "tegata-spa" })}.IdSig${number}`,
      scope: "openid profile",
    };
  }

  #answer(seen: Seen): Response {
    switch (seen.path) {
      case "/auth/login": {
        this.openSession();
        this.username = (seen.body as { username: string }).username;
        return Response.json({ ...this.tokens(), user: { sub: "u-1", username: this.username } });
      }
      case "/auth/refresh":
        if (this.cookie === "") return problem(401, "invalid_grant");
        if (!this.cookie.endsWith(`tegata_csrf=${seen.headers.get("x-csrf-token") ?? ""}`)) {
          return problem(403, "csrf_failed");
        }
        return Response.json(this.tokens());
      case "/auth/logout":
        this.endSession();
        return new Response(null, { status: 204 });
      default: {
        const token = seen.headers.get("authorization")?.replace("Bearer ", "");
        if (token === undefined) return problem(401, "missing_token");
        if (!this.valid.has(token)) return invalidToken();
        if (seen.path === "/auth/logout-all" || seen.method === "DELETE") {
          this.endSession();
          return new Response(null, { status: 204 });
        }
        if (seen.path === "/users") return Response.json({ users: [], next_cursor: null });
        return Response.json({ message: "welcome", user: { sub: "u-1", username: "hanako" } });
      }
    }
  }
}

/** One browser at one provider. */
export class World {
  readonly clock = new ManualClock();
  readonly locks = new MemoryLocks();
  readonly channels = new MemoryChannels();
  readonly provider = new FakeProvider();

  tab(options: TegataOptions = {}): TegataClient {
    return new TegataClient({
      baseUrl: "http://127.0.0.1:8080",
      fetch: this.provider.fetch,
      clock: this.clock,
      locks: this.locks,
      openChannel: this.channels.open,
      readCookie: () => this.provider.cookie,
      ...options,
    });
  }

  /** A tab of someone who is logged in. */
  async signedInTab(options: TegataOptions = {}): Promise<TegataClient> {
    if (this.provider.cookie === "") this.provider.openSession();
    const tab = this.tab(options);
    await tab.start();
    await settle();
    return tab;
  }
}

/** The code of what a promise is rejected with. */
export async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "no error";
}

/** A promise that is kept when the test says so. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
