import { isRecord } from "./errors.js";

/** What a token says about itself: read, not verified. A page may show it; only an API may trust it, after verifying. */
export interface DecodedToken {
  header: Readonly<Record<string, unknown>>;
  claims: Readonly<Record<string, unknown>>;
}

/**
 * Decodes the header and the claims of a JWS in compact form (RFC 7515 §7.1) without checking the signature.
 *
 * Returns `null` when it is not a token at all.
 */
export function decodeToken(token: string): DecodedToken | null {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  const header = decodePart(parts[0]);
  const claims = decodePart(parts[1]);
  return header && claims ? { header, claims } : null;
}

function decodePart(part: string | undefined): Record<string, unknown> | null {
  if (!part) return null;
  try {
    const binary = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * The same token with a signature that no longer fits, for {@link TegataClient.spoilAccessToken}.
 *
 * @internal
 */
export function spoilSignature(token: string): string {
  const at = token.lastIndexOf(".") + 1;
  const signature = token.slice(at);
  // The first character: the last one may hold padding bits that a lax decoder would ignore.
  return token.slice(0, at) + (signature.startsWith("A") ? "B" : "A") + signature.slice(1);
}
