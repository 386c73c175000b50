/** The functions that answer requests. */
export type ProviderFunction = "register" | "login" | "refresh" | "account";

/** One route of the HTTP interface (docs/reference/http.md). */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly function: ProviderFunction;
  /** Whether API Gateway asks the authorizer before the function. The function verifies the token again in any case. */
  readonly needsToken?: true;
  /** Scopes that the token needs, too. */
  readonly scopes?: readonly string[];
}

/** Every route, once. Methods and paths that are not here get API Gateway's 404. */
export const ROUTES: readonly Route[] = [
  { method: "POST", path: "/auth/signup", function: "register" },
  { method: "POST", path: "/auth/login", function: "login" },
  { method: "POST", path: "/auth/refresh", function: "refresh" },
  { method: "POST", path: "/auth/logout", function: "refresh" },
  { method: "GET", path: "/auth/config", function: "account" },
  { method: "POST", path: "/auth/logout-all", function: "account", needsToken: true },
  { method: "GET", path: "/users", function: "account", needsToken: true, scopes: ["users:read"] },
  { method: "GET", path: "/users/me", function: "account", needsToken: true },
  { method: "PATCH", path: "/users/me", function: "account", needsToken: true },
  { method: "DELETE", path: "/users/me", function: "account", needsToken: true },
  { method: "POST", path: "/users/me/password", function: "account", needsToken: true },
  { method: "GET", path: "/users/me/sessions", function: "account", needsToken: true },
  {
    method: "DELETE",
    path: "/users/me/sessions/{session_id}",
    function: "account",
    needsToken: true,
  },
  { method: "GET", path: "/api/protected", function: "account", needsToken: true },
  { method: "GET", path: "/.well-known/jwks.json", function: "account" },
  { method: "GET", path: "/.well-known/openid-configuration", function: "account" },
  { method: "GET", path: "/.well-known/oauth-authorization-server", function: "account" },
  { method: "GET", path: "/openapi.json", function: "account" },
];

/** What CloudFront sends to the API; everything else is the web application's. */
export const API_PATHS = [
  "/auth/*",
  "/users",
  "/users/*",
  "/api/*",
  "/.well-known/*",
  "/openapi.json",
] as const;

/** The public keys: the one answer of the API that CloudFront keeps for a while. */
export const JWKS_PATH = "/.well-known/jwks.json";
