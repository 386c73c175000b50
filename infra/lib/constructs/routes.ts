/** The functions that answer requests. */
export type ProviderFunction = "register" | "login" | "refresh" | "account" | "oauth";

/** One route of the HTTP interface (docs/reference/http.md). */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly function: ProviderFunction;
  /** Whether API Gateway asks the authorizer before the function. The function verifies the token again in any case. */
  readonly needsToken?: true;
  /** Scopes that the token needs, too. */
  readonly scopes?: readonly string[];
  /** Whether pages of any origin may ask, so that there are preflights to answer. Which of them get in is the function's decision. */
  readonly isPublic?: true;
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
  // The OpenID Provider knows who asks by other means than a bearer token: a client's proof, a browser's session.
  ...(["GET", "POST", "PUT", "DELETE"] as const).map(
    (method) => ({ method, path: "/oauth2/{proxy+}", function: "oauth", isPublic: true }) as const,
  ),
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

/** The endpoints and pages of the OpenID Provider. */
export const OAUTH_PATH = "/oauth2/*";

/** The public keys: the one answer of the API that CloudFront keeps for a while. */
export const JWKS_PATH = "/.well-known/jwks.json";
