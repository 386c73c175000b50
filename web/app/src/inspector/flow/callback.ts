import { abridge } from "./abridge.ts";
import { compare, type Check } from "./check.ts";
import type { RoundTrip } from "./round-trip.ts";

/** What the provider has sent the browser back with (RFC 6749 §4.1.2, RFC 9207). */
export interface Callback {
  code: string | null;
  state: string | null;
  iss: string | null;
  error: string | null;
  errorDescription: string | null;
}

/** `null` if the address holds no answer of a provider. */
export function readCallback(search: string): Callback | null {
  const query = new URLSearchParams(search);
  if (!query.has("code") && !query.has("error")) return null;
  return {
    code: query.get("code"),
    state: query.get("state"),
    iss: query.get("iss"),
    error: query.get("error"),
    errorDescription: query.get("error_description"),
  };
}

/**
 * What a client compares before it uses a code or believes an error: whether it has asked for it at all (RFC 9700 §4.7), and
 * whether the provider is the one that it has asked (§4.4, RFC 9207 §2.4). An answer that nobody here has asked for fails,
 * whatever is in it.
 */
export function checkCallback(callback: Callback, trip: RoundTrip | null, issuer: string): Check[] {
  const { code, state, iss, error } = callback;
  const checks = [
    compare("state", trip?.state ?? "–", trip === null ? null : state),
    compare("iss", issuer, iss),
  ];
  if (error !== null) return checks;
  const has = code !== null && code !== "";
  return [{ name: "code", passed: has, expected: null, found: has ? abridge(code) : "–" }, ...checks];
}
