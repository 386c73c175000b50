// oauth4webapi: each step by itself, every answer held against the specifications byte by byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exportJWK } from "jose";
import * as oauth from "oauth4webapi";
import { AFTER_LOGOUT, API_SCOPE, CALLBACK, OFFLINE } from "../support/clients.js";
import { provider as aProvider } from "../support/provider.js";

const provider = await aProvider();

/** @typedef {import("../support/provider.js").ClientName} ClientName */

const issuer = new URL(provider.issuer);
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));

/** How each client proves itself. @type {Record<ClientName, () => Promise<oauth.ClientAuth>>} */
const proofs = {
  basic: async () => oauth.ClientSecretBasic(await secret("basic")),
  post: async () => oauth.ClientSecretPost(await secret("post")),
  signing: async () => oauth.PrivateKeyJwt(await provider.signingKey("signing")),
  jar: async () => oauth.PrivateKeyJwt(await provider.signingKey("jar")),
  public: async () => oauth.None(),
  device: async () => oauth.None(),
  service: async () => oauth.ClientSecretBasic(await secret("service")),
};

/** @param {ClientName} name */
async function secret(name) {
  return (await provider.client(name)).client_secret ?? assert.fail(`${name} has no secret`);
}

/**
 * A registered client, and how it proves itself.
 *
 * @param {ClientName} name
 */
async function registered(name) {
  const { client_id } = await provider.client(name);
  /** @type {oauth.Client} */
  const client = { client_id };
  if (name === "post") client.id_token_signed_response_alg = "ES256";
  return { client, auth: await proofs[name]() };
}

/** @typedef {Awaited<ReturnType<typeof registered>>} Registered */

/**
 * From the request to the tokens.
 *
 * @param {Registered} party
 * @param {{ push?: boolean, DPoP?: oauth.DPoPHandle, more?: Record<string, string> }} [how]
 */
async function logIn({ client, auth }, { push, DPoP, more } = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const parameters = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: OFFLINE,
    prompt: "consent",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...more,
  });
  const options = DPoP ? { DPoP } : {};
  const url = new URL(as.authorization_endpoint ?? "");
  if (push) {
    const request = () => oauth.pushedAuthorizationRequest(as, client, auth, parameters, options);
    const pushed = await retried(request, (answer) =>
      oauth.processPushedAuthorizationResponse(as, client, answer),
    );
    url.search = new URLSearchParams({
      client_id: client.client_id,
      request_uri: pushed.request_uri,
    }).toString();
  } else {
    url.search = parameters.toString();
  }
  const answer = await provider.browser().arrive(url, { person: provider.person });
  const callback = oauth.validateAuthResponse(as, client, answer, state);
  const request = () =>
    oauth.authorizationCodeGrantRequest(as, client, auth, callback, CALLBACK, verifier, options);
  return retried(request, (response) =>
    oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    }),
  );
}

/**
 * Asks again where the server wants a nonce of its own in the proof (RFC 9449 §8).
 *
 * @template T
 * @param {() => Promise<Response>} request
 * @param {(response: Response) => Promise<T>} process
 */
async function retried(request, process) {
  try {
    return await process(await request());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return process(await request());
  }
}

/**
 * @param {Registered} party
 * @param {string} token
 * @param {oauth.DPoPHandle} [DPoP]
 */
function refresh({ client, auth }, token, DPoP) {
  const options = DPoP ? { DPoP } : {};
  return retried(
    () => oauth.refreshTokenGrantRequest(as, client, auth, token, options),
    (response) => oauth.processRefreshTokenResponse(as, client, response),
  );
}

/**
 * @param {Registered} party
 * @param {string} token
 * @param {string} subject
 * @param {oauth.DPoPHandle} [DPoP]
 */
function userInfo({ client }, token, subject, DPoP) {
  const options = DPoP ? { DPoP } : {};
  return retried(
    () => oauth.userInfoRequest(as, client, token, options),
    (response) => oauth.processUserInfoResponse(as, client, subject, response),
  );
}

/** @param {Registered} party @param {string} token */
async function introspect({ client, auth }, token) {
  const response = await oauth.introspectionRequest(as, client, auth, token);
  return oauth.processIntrospectionResponse(as, client, response);
}

/** @param {oauth.TokenEndpointResponse} answer */
function subjectOf(answer) {
  return oauth.getValidatedIdTokenClaims(answer)?.sub ?? assert.fail("no ID token");
}

/** @param {Promise<unknown>} request @param {string} error */
async function refused(request, error) {
  await assert.rejects(request, (thrown) => {
    assert.ok(thrown instanceof oauth.ResponseBodyError, String(thrown));
    assert.equal(thrown.error, error);
    return true;
  });
}

test("the metadata of OAuth (RFC 8414) and of OpenID Connect say the same", async () => {
  const request = oauth.discoveryRequest(issuer, { algorithm: "oauth2" });
  const other = await oauth.processDiscoveryResponse(issuer, await request);
  for (const name of /** @type {const} */ (["authorization_endpoint", "token_endpoint", "jwks_uri"]))
    assert.equal(other[name], as[name]);
});

for (const name of /** @type {const} */ (["basic", "post", "signing", "public"])) {
  test(`a client that is registered as ${name} gets tokens, rotates them and is told who the user is`, async () => {
    const party = await registered(name);
    const first = await logIn(party);
    assert.equal(first.token_type, "bearer");
    const sub = subjectOf(first);
    assert.equal((await userInfo(party, first.access_token, sub)).sub, sub);
    const second = await refresh(party, first.refresh_token ?? "");
    assert.ok(second.refresh_token && second.refresh_token !== first.refresh_token);
    const third = await refresh(party, second.refresh_token);
    await refused(refresh(party, first.refresh_token ?? ""), "invalid_grant");
    await refused(refresh(party, third.refresh_token ?? ""), "invalid_grant");
  });
}

test("ID tokens are signed by keys of the JWKS, also when the signature itself is looked at", async () => {
  for (const name of /** @type {const} */ (["basic", "post"])) {
    const { client, auth } = await registered(name);
    const verifier = oauth.generateRandomCodeVerifier();
    const url = new URL(as.authorization_endpoint ?? "");
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    }).toString();
    const answer = await provider.browser().arrive(url, { person: provider.person });
    const callback = oauth.validateAuthResponse(as, client, answer, oauth.expectNoState);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      auth,
      callback,
      CALLBACK,
      verifier,
    );
    await oauth.processAuthorizationCodeResponse(as, client, response, { requireIdToken: true });
    await oauth.validateApplicationLevelSignature(as, response);
  }
});

test("an access token that is a JWT is what RFC 9068 says", async (t) => {
  const party = await registered("basic");
  const given = await logIn(party);
  const token = given.access_token;
  const [, payload] = token.split(".");
  if (!payload) return t.skip("this provider's access tokens are opaque");
  const { aud } = JSON.parse(Buffer.from(payload, "base64url").toString());
  const request = new Request("https://api.example/", { headers: { authorization: `Bearer ${token}` } });
  const claims = await oauth.validateJwtAccessToken(as, request, [aud].flat()[0]);
  assert.equal(claims.client_id, party.client.client_id);
  assert.equal(claims.sub, subjectOf(given));
});

test("tokens are bound to a key, and a proof is asked for where they are used", async () => {
  for (const push of [false, true]) {
    const party = await registered("public");
    const DPoP = oauth.DPoP(party.client, await oauth.generateKeyPair("ES256"));
    const first = await logIn(party, { DPoP, push });
    assert.equal(first.token_type, "dpop");
    const sub = subjectOf(first);
    assert.equal((await userInfo(party, first.access_token, sub, DPoP)).sub, sub);
    const second = await refresh(party, first.refresh_token ?? "", DPoP);
    assert.equal(second.token_type, "dpop");
    assert.equal((await userInfo(party, second.access_token, sub, DPoP)).sub, sub);
    await assert.rejects(userInfo(party, second.access_token, sub));
  }
});

test("a program gets a token for itself, which is introspected and revoked", async () => {
  const party = await registered("service");
  const { client, auth } = party;
  const scope = new URLSearchParams({ scope: API_SCOPE });
  const response = await oauth.clientCredentialsGrantRequest(as, client, auth, scope);
  const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, response);
  const said = await introspect(party, token);
  assert.equal(said.active, true);
  assert.equal(said.scope, API_SCOPE);
  assert.equal(typeof said.exp, "number");
  const revoked = await oauth.revocationRequest(as, client, auth, token);
  await oauth.processRevocationResponse(revoked);
});

test("a device is let in", async () => {
  const { client, auth } = await registered("device");
  const scope = new URLSearchParams({ scope: "openid" });
  const response = await oauth.deviceAuthorizationRequest(as, client, auth, scope);
  const device = await oauth.processDeviceAuthorizationResponse(as, client, response);
  const poll = async () => {
    const answer = await oauth.deviceCodeGrantRequest(as, client, auth, device.device_code);
    return oauth.processDeviceCodeResponse(as, client, answer);
  };
  await refused(poll(), "authorization_pending");
  const answers = { person: provider.person, userCode: device.user_code };
  await provider.browser().stay(device.verification_uri, answers);
  await new Promise((passed) => setTimeout(passed, 1000 * (device.interval ?? 5)));
  subjectOf(await poll());
  await refused(poll(), "invalid_grant");
});

test("a client registers itself, with a key instead of a secret", async () => {
  const { publicKey, privateKey } = await oauth.generateKeyPair("ES256");
  const { kty, crv, x, y } = await exportJWK(publicKey);
  const jwk = { kty, crv, x, y, kid: "one", alg: "ES256", use: "sig" };
  const response = await oauth.dynamicClientRegistrationRequest(as, {
    redirect_uris: [CALLBACK],
    post_logout_redirect_uris: [AFTER_LOGOUT],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "private_key_jwt",
    token_endpoint_auth_signing_alg: "ES256",
    jwks: { keys: [jwk] },
    scope: OFFLINE,
  });
  const client = await oauth.processDynamicClientRegistrationResponse(response);
  assert.equal(client["client_secret"], undefined);
  const first = await logIn({ client, auth: oauth.PrivateKeyJwt({ key: privateKey, kid: "one" }) });
  assert.ok(subjectOf(first));
});
