/** The time and the timers of the page; injectable for tests. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** What is used of the Web Locks API (`navigator.locks`): one holder at a time in all tabs of an origin. */
export interface Locks {
  request<T>(
    name: string,
    options: { ifAvailable?: boolean },
    callback: (lock: unknown) => Promise<T>,
  ): Promise<T>;
}

/** What is used of `BroadcastChannel`: messages to the other tabs of an origin, never to the sender. */
export interface Channel {
  postMessage(message: unknown): void;
  close(): void;
}

export type OpenChannel = (name: string, receive: (message: unknown) => void) => Channel;

/** Almost 25 days: browsers take a longer delay for none at all. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, milliseconds) =>
    globalThis.setTimeout(callback, Math.min(milliseconds, LONGEST_DELAY_MS)),
  clearTimeout: (handle) => globalThis.clearTimeout(handle as ReturnType<typeof globalThis.setTimeout>),
};

/**
 * The browser's locks, or locks within this page where it has none (they need a secure context).
 *
 * Without them two tabs may refresh at once; the provider answers both with the same successor.
 */
export function defaultLocks(): Locks {
  const locks = (globalThis.navigator as { locks?: unknown } | undefined)?.locks;
  return locks === undefined ? new PageLocks() : (locks as Locks);
}

/** @internal */
export class PageLocks implements Locks {
  readonly #tails = new Map<string, Promise<unknown>>();

  async request<T>(
    name: string,
    options: { ifAvailable?: boolean },
    callback: (lock: unknown) => Promise<T>,
  ): Promise<T> {
    const before = this.#tails.get(name);
    if (before && options.ifAvailable) return callback(null);
    const held = (before ?? Promise.resolve()).then(() => callback({ name }));
    const tail = held
      .catch(() => undefined)
      .then(() => {
        if (this.#tails.get(name) === tail) this.#tails.delete(name);
      });
    this.#tails.set(name, tail);
    return held;
  }
}

export function openBroadcastChannel(name: string, receive: (message: unknown) => void): Channel {
  if (typeof BroadcastChannel === "undefined")
    return { postMessage: () => undefined, close: () => undefined };
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event: MessageEvent<unknown>) => receive(event.data);
  return channel;
}

export function readDocumentCookie(): string {
  return typeof document === "undefined" ? "" : document.cookie;
}

/**
 * The value that goes back as `X-CSRF-Token`, or `null`: then this browser has no session.
 *
 * On https only the `__Host-` name counts, since no other host can plant it (RFC 6265bis §4.1.3.2). Names are compared
 * as they are: before a name that begins with a space beyond ASCII, browsers do not see the prefix, and `trim` would.
 */
export function findCsrfToken(cookies: string, secure: boolean): string | null {
  const name = secure ? "__Host-tegata_csrf" : "tegata_csrf";
  for (const pair of cookies.split(/; ?/)) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at) === name) return pair.slice(at + 1) || null;
  }
  return null;
}
