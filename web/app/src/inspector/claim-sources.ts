import type { ClaimName } from "../i18n/en.ts";

interface ClaimNote {
  note: ClaimName;
  source: string;
}

const registered = {
  iss: { note: "iss", source: "RFC 7519 §4.1.1" },
  sub: { note: "sub", source: "RFC 7519 §4.1.2" },
  exp: { note: "exp", source: "RFC 7519 §4.1.4" },
  nbf: { note: "nbf", source: "RFC 7519 §4.1.5" },
  iat: { note: "iat", source: "RFC 7519 §4.1.6" },
  jti: { note: "jti", source: "RFC 7519 §4.1.7" },
  sid: { note: "sid", source: "OIDC Front-Channel Logout §3" },
} satisfies Record<string, ClaimNote>;

/** Where each member of a token is specified, and which explanation belongs to it. */
export const HEADER_NOTES: Record<string, ClaimNote> = {
  typ: { note: "typ", source: "RFC 7515 §4.1.9, RFC 9068 §2.1" },
  alg: { note: "alg", source: "RFC 7515 §4.1.1, RFC 8725 §3.1" },
  kid: { note: "kid", source: "RFC 7515 §4.1.4, RFC 7638" },
};

export const ACCESS_TOKEN_NOTES: Record<string, ClaimNote> = {
  ...registered,
  aud: { note: "aud_access", source: "RFC 9068 §3" },
  client_id: { note: "client_id", source: "RFC 8693 §4.3" },
  scope: { note: "scope", source: "RFC 9068 §2.2.3" },
  username: { note: "username", source: "RFC 7662 §2.2" },
};

export const ID_TOKEN_NOTES: Record<string, ClaimNote> = {
  ...registered,
  aud: { note: "aud_id", source: "OIDC Core §2" },
  auth_time: { note: "auth_time", source: "OIDC Core §2" },
  nonce: { note: "nonce", source: "OIDC Core §2" },
  amr: { note: "amr", source: "OIDC Core §2, RFC 8176" },
  acr: { note: "acr", source: "OIDC Core §2" },
  at_hash: { note: "at_hash", source: "OIDC Core §3.1.3.6" },
  preferred_username: { note: "preferred_username", source: "OIDC Core §5.1" },
};

/** Claims whose value is an instant in seconds since 1970 (RFC 7519 §2, NumericDate). */
export const INSTANTS: ReadonlySet<string> = new Set(["exp", "nbf", "iat", "auth_time"]);
