/**
 * The answers and requests of the provider, named as they are on the wire (`snake_case`).
 *
 * Instants that end in `_at` are RFC 3339 in UTC; `expires_in` and everything inside a token count seconds.
 */

/** `GET /auth/config`: what a page may know before anyone has logged in. */
export interface ProviderConfig {
  issuer: string;
  client_id: string;
  signup_enabled: boolean;
  /** Characters, not bytes. */
  password_min_length: number;
  token_inspector: boolean;
  languages: string[];
}

/** A postal address (OpenID Connect Core §5.1.1); one member at least. */
export interface Address {
  formatted?: string;
  street_address?: string;
  locality?: string;
  region?: string;
  postal_code?: string;
  country?: string;
}

/** The standard claims that a user sets as texts (OpenID Connect Core §5.1). */
export type TextClaim =
  | "given_name"
  | "family_name"
  | "middle_name"
  | "nickname"
  | "profile"
  | "picture"
  | "website"
  | "gender"
  | "birthdate"
  | "zoneinfo"
  | "phone_number";

/** What an account's owner has said of themselves: in the answers of `/users/me` alone, where it is known. */
export type ProfileClaims = { [claim in TextClaim]?: string } & {
  phone_number_verified?: boolean;
  address?: Address;
  /** When the profile was last changed. */
  updated_at?: string;
};

export interface User extends ProfileClaims {
  /** Random, never reused; together with the issuer it names the user (OpenID Connect Core §5.7). */
  sub: string;
  username: string;
  email: string | null;
  email_verified: boolean;
  name: string | null;
  locale: string | null;
  created_at: string;
  /** Space-separated (RFC 6749 §3.3). */
  scope: string;
}

export interface UserResponse {
  user: User;
}

/** RFC 6749 §5.1 with the ID token of OpenID Connect Core §3.1.3.3. */
export interface TokenResponse {
  access_token: string;
  token_type: "Bearer";
  /** Seconds from now. */
  expires_in: number;
  id_token: string;
  scope: string;
  /** Only with `token_delivery: "body"`; a browser has it in an HttpOnly cookie instead. */
  refresh_token?: string;
  /** Seconds from now; beside `refresh_token`. */
  refresh_token_expires_in?: number;
}

export interface LoginResponse extends TokenResponse {
  user: User;
}

export interface SignupRequest {
  username: string;
  email?: string;
  password: string;
}

export interface LoginRequest {
  username: string;
  password: string;
}

/**
 * Absent members stay as they are; `null` removes. A new `email` needs `current_password`; `address` is replaced as a whole, and another
 * `phone_number` is not verified.
 */
export interface UserPatch extends Partial<Record<TextClaim, string | null>> {
  name?: string | null;
  locale?: string | null;
  email?: string | null;
  address?: Address | null;
  current_password?: string;
}

export interface PasswordChange {
  current_password: string;
  new_password: string;
}

/** One device of the user. */
export interface Session {
  session_id: string;
  /** Whether this is the session that asked. */
  current: boolean;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  user_agent: string | null;
  ip: string | null;
}

export interface SessionsResponse {
  sessions: Session[];
}

export interface UsersPage {
  users: User[];
  next_cursor: string | null;
}

/** `GET /api/protected`, the demonstration resource. */
export interface ProtectedResponse {
  message: string;
  user: { sub: string; username: string };
}

/** The `code` of a problem, as the provider sends it. */
export const PROBLEM_CODES = [
  "validation_failed",
  "malformed_request",
  "duplicate_header",
  "invalid_credentials",
  "invalid_grant",
  "invalid_token",
  "use_dpop_nonce",
  "missing_token",
  "insufficient_scope",
  "csrf_failed",
  "origin_refused",
  "direct_access",
  "password_mismatch",
  "signup_disabled",
  "not_found",
  "method_not_allowed",
  "request_timeout",
  "username_taken",
  "content_too_large",
  "uri_too_long",
  "unsupported_media_type",
  "too_many_attempts",
  "headers_too_large",
  "internal_error",
  "overloaded",
  "temporarily_unavailable",
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Why one field was refused. */
export const FIELD_CODES = [
  "required",
  "too_short",
  "too_long",
  "invalid",
  "blocked",
  "contains_username",
  "unknown_member",
  "wrong_type",
] as const;

export type FieldCode = (typeof FIELD_CODES)[number];

export interface FieldProblem {
  field: string;
  code: FieldCode;
  message: string;
}

/** `application/problem+json` (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  request_id: string;
  errors?: FieldProblem[];
}
