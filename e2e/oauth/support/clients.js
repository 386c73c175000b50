// The clients that the tests play, as RFC 7591 §2 describes them.

/** Nobody listens here: the browser of the tests stops before it. */
export const CALLBACK = "https://client.example/callback";
export const AFTER_LOGOUT = "https://client.example/goodbye";

/** What is asked for where a refresh token is wanted, too. */
export const OFFLINE = "openid profile offline_access";
/** What `service` may ask for; the provider has to know it. */
export const API_SCOPE = "api:read";

const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";

const website = {
  redirect_uris: [CALLBACK],
  post_logout_redirect_uris: [AFTER_LOGOUT],
  response_types: ["code"],
  grant_types: ["authorization_code", "refresh_token"],
  scope: OFFLINE,
};

/**
 * By name. A client that proves itself with a signature gets its key when it is registered.
 *
 * @satisfies {Record<string, Partial<import("openid-client").ClientMetadata>>}
 */
export const CLIENTS = {
  basic: { ...website, token_endpoint_auth_method: "client_secret_basic" },
  post: {
    ...website,
    token_endpoint_auth_method: "client_secret_post",
    id_token_signed_response_alg: "ES256",
  },
  signing: {
    ...website,
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
  },
  jar: {
    ...website,
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    request_object_signing_alg: "ES256",
    require_signed_request_object: true,
  },
  public: { ...website, token_endpoint_auth_method: "none" },
  device: {
    ...website,
    token_endpoint_auth_method: "none",
    grant_types: [DEVICE, "refresh_token"],
    redirect_uris: [],
    response_types: [],
  },
  service: {
    token_endpoint_auth_method: "client_secret_basic",
    grant_types: ["client_credentials"],
    scope: API_SCOPE,
    redirect_uris: [],
    response_types: [],
  },
};

/** @typedef {keyof typeof CLIENTS} ClientName */
