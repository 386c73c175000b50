/**
 * The path to go to after logging in, if it stays on this site; otherwise `fallback`.
 *
 * What stands in an address was written by whoever made the link (open redirects, RFC 9700 §4.11).
 */
export function safeReturnTo(raw: string | null | undefined, fallback = "/"): string {
  // The marks of a path that browsers read as another host, or drop while reading.
  // eslint-disable-next-line no-control-regex
  if (!raw?.startsWith("/") || /^\/[/\\]|[\\\u0000-\u0020\u007f]/.test(raw)) return fallback;
  const here = "https://here.invalid";
  const url = URL.canParse(raw, here) ? new URL(raw, here) : null;
  // `/.//elsewhere` becomes `//elsewhere` only by being resolved.
  if (url?.origin !== here || url.pathname.startsWith("//")) return fallback;
  return url.pathname + url.search + url.hash;
}

/** The address of the login page that remembers where the user wanted to go. */
export function withReturnTo(loginPath: string, returnTo: string): string {
  return `${loginPath}?return_to=${encodeURIComponent(returnTo)}`;
}

/** Reads what {@link withReturnTo} wrote from the query of an address. */
export function readReturnTo(search: string, fallback = "/"): string {
  return safeReturnTo(new URLSearchParams(search).get("return_to"), fallback);
}
