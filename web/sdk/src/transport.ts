import type { Clock } from "./environment.js";
import { clientError, isRecord, isTegataError, readProblem, type TegataErrorCode } from "./errors.js";
import type { RequestEvent, TimelineLog } from "./timeline.js";

/** @internal */
export interface Outgoing {
  kind: RequestEvent["kind"];
  method: string;
  url: URL;
  headers?: Record<string, string> | undefined;
  /** Sent as JSON. */
  json?: unknown;
  /** Instead of the above: the caller's own request. */
  init?: RequestInit | undefined;
  /** Cookies go to the provider only. */
  withCookies: boolean;
  accessToken?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** @internal */
export interface Answer {
  status: number;
  headers: Headers;
  /** `undefined` when the body is not JSON. */
  body: unknown;
}

/** Longer than the provider's own limit for a request, so that its answer usually comes first. */
const TIMEOUT_MS = 15_000;

/** Sends requests, sets limits to them, and notes each in the timeline. @internal */
export class Transport {
  readonly #fetch: typeof globalThis.fetch;
  readonly #clock: Clock;
  readonly #timeline: TimelineLog;
  readonly #home: string;

  constructor(fetch: typeof globalThis.fetch, clock: Clock, timeline: TimelineLog, home: URL) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#timeline = timeline;
    this.#home = home.origin;
  }

  /**
   * Sends a request and reads its JSON answer.
   *
   * Throws the provider's problem for every status that is no success.
   */
  async json(outgoing: Outgoing): Promise<unknown> {
    const answer = await this.#observe(outgoing, async (response) => {
      const body = parseJson(await response.text());
      return { result: { status: response.status, headers: response.headers, body }, code: codeOf(body) };
    });
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw readProblem(answer.status, answer.headers, answer.body, this.#clock.now());
  }

  /** Sends the caller's own request; the answer's body is left for the caller to read. */
  async raw(outgoing: Outgoing): Promise<{ response: Response; invalidToken: boolean }> {
    return this.#observe(outgoing, async (response) => {
      const invalidToken = response.status === 401 && (await saysInvalidToken(response));
      return { result: { response, invalidToken }, code: invalidToken ? "invalid_token" : null };
    });
  }

  async #observe<T>(
    outgoing: Outgoing,
    read: (response: Response) => Promise<{ result: T; code: TegataErrorCode | null }>,
  ): Promise<T> {
    const startedAt = this.#clock.now();
    let status: number | null = null;
    let code: TegataErrorCode | null = null;
    try {
      return await this.#limited(outgoing.signal, async (signal) => {
        const response = await this.#fetch.call(undefined, outgoing.url.href, requestInit(outgoing, signal));
        status = response.status;
        const answer = await read(response);
        code = response.ok ? null : answer.code;
        return answer.result;
      });
    } catch (error) {
      code = isTegataError(error) ? error.code : "network_error";
      throw error;
    } finally {
      const { origin, pathname } = outgoing.url;
      this.#timeline.add({
        kind: outgoing.kind,
        method: outgoing.method,
        path: origin === this.#home ? pathname : origin + pathname,
        status,
        code,
        startedAt,
        duration: Math.max(0, this.#clock.now() - startedAt),
      });
    }
  }

  async #limited<T>(caller: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (caller?.aborted) throw clientError("aborted", "the request was aborted", caller.reason);
    const controller = new AbortController();
    const abort = () => controller.abort();
    caller?.addEventListener("abort", abort);
    const timer = this.#clock.setTimeout(abort, TIMEOUT_MS);
    try {
      return await work(controller.signal);
    } catch (cause) {
      if (caller?.aborted) throw clientError("aborted", "the request was aborted", cause);
      const detail = controller.signal.aborted ? "no answer in time" : "the server could not be reached";
      throw clientError("network_error", detail, cause);
    } finally {
      this.#clock.clearTimeout(timer);
      caller?.removeEventListener("abort", abort);
    }
  }
}

function requestInit(outgoing: Outgoing, signal: AbortSignal): RequestInit {
  const headers = new Headers(outgoing.init?.headers);
  for (const [name, value] of Object.entries(outgoing.headers ?? {})) headers.set(name, value);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  if (outgoing.json !== undefined) headers.set("content-type", "application/json");
  if (outgoing.accessToken !== undefined) headers.set("authorization", `Bearer ${outgoing.accessToken}`);
  return {
    ...outgoing.init,
    ...(outgoing.json === undefined ? {} : { body: JSON.stringify(outgoing.json) }),
    method: outgoing.method,
    headers,
    signal,
    cache: "no-store",
    credentials: outgoing.withCookies ? "same-origin" : "omit",
    // A redirect could carry the token to a place that nobody allowed.
    redirect: "error",
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(body: unknown): TegataErrorCode | null {
  return isRecord(body) && typeof body["code"] === "string" ? (body["code"] as TegataErrorCode) : null;
}

/** By the header of RFC 6750 §3.1, or by the problem where a page of another origin may not read that header. */
async function saysInvalidToken(response: Response): Promise<boolean> {
  if (/\berror="?invalid_token\b/.test(response.headers.get("www-authenticate") ?? "")) return true;
  return codeOf(parseJson(await response.clone().text())) === "invalid_token";
}
