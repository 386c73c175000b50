/**
 * What a client has to know again when the browser comes back to it, in the storage of this tab. Never a token: those are
 * asked for afterwards, and stay in memory.
 */
export interface RoundTrip {
  codeVerifier: string;
  codeChallenge: string;
  state: string;
  nonce: string;
}

const KEY = "tegata.flow";

export function keepRoundTrip({ codeVerifier, codeChallenge, state, nonce }: RoundTrip): void {
  sessionStorage.setItem(KEY, JSON.stringify({ codeVerifier, codeChallenge, state, nonce }));
}

/** `null` if no flow was begun in this tab, or what was kept is not ours. */
export function readRoundTrip(): RoundTrip | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return isRoundTrip(kept) ? kept : null;
  } catch {
    return null;
  }
}

export function forgetRoundTrip(): void {
  sessionStorage.removeItem(KEY);
}

function isRoundTrip(kept: unknown): kept is RoundTrip {
  if (typeof kept !== "object" || kept === null) return false;
  const members = ["codeVerifier", "codeChallenge", "state", "nonce"];
  return members.every((name) => typeof Reflect.get(kept, name) === "string");
}
