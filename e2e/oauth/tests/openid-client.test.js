// openid-client: what most of the world's programs in Node.js log in with.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as client from "openid-client";
import { AFTER_LOGOUT, API_SCOPE, CALLBACK, OFFLINE } from "../support/clients.js";
import { provider as aProvider } from "../support/provider.js";

const provider = await aProvider();

/** @typedef {import("../support/provider.js").ClientName} ClientName */

/** How each client proves itself. @type {Record<ClientName, () => Promise<client.ClientAuth>>} */
const proofs = {
  basic: async () => client.ClientSecretBasic(await secret("basic")),
  post: async () => client.ClientSecretPost(await secret("post")),
  signing: async () => client.PrivateKeyJwt(await provider.signingKey("signing")),
  jar: async () => client.PrivateKeyJwt(await provider.signingKey("jar")),
  public: async () => client.None(),
  device: async () => client.None(),
  service: async () => client.ClientSecretBasic(await secret("service")),
};

/** What its own registration says, which the library holds answers against. @type {Partial<Record<ClientName, object>>} */
const expectations = { post: { id_token_signed_response_alg: "ES256" } };

/** @param {ClientName} name */
async function discover(name) {
  const { client_id } = await provider.client(name);
  return client.discovery(
    new URL(provider.issuer),
    client_id,
    expectations[name] ?? {},
    await proofs[name](),
  );
}

/** @param {ClientName} name */
async function secret(name) {
  const { client_secret } = await provider.client(name);
  assert.ok(client_secret, `${name} has a secret`);
  return client_secret;
}

/**
 * Logs the person in, in a new browser unless there is one; gives what the client has to check and the address that it
 * was given.
 *
 * @param {client.Configuration} config
 * @param {{ scope?: string, more?: Record<string, string>, browser?: import("../support/browser.js").Browser,
 *   decision?: "allow" | "deny", push?: boolean, dpop?: client.DPoPHandle,
 *   sign?: CryptoKey | client.PrivateKey }} [how]
 */
async function logIn(
  config,
  { scope = OFFLINE, more, browser = provider.browser(), decision = "allow", push, dpop, sign } = {},
) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const parameters = {
    redirect_uri: CALLBACK,
    scope,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    // OpenID Connect Core §11: without it, offline_access is ignored.
    ...(scope.includes("offline_access") ? { prompt: "consent" } : {}),
    ...more,
  };
  const options = dpop ? { DPoP: dpop } : {};
  const direct = sign
    ? await client.buildAuthorizationUrlWithJAR(config, parameters, sign)
    : client.buildAuthorizationUrl(config, parameters);
  const url = push ? await client.buildAuthorizationUrlWithPAR(config, direct.searchParams, options) : direct;
  const answer = await browser.arrive(url, { person: provider.person, decision });
  return { checks, answer, url, options };
}

/** @param {client.Configuration} config @param {Parameters<typeof logIn>[1]} [how] */
async function tokens(config, how) {
  const { checks, answer, options } = await logIn(config, how);
  return client.authorizationCodeGrant(config, answer, checks, undefined, options);
}

/** @param {Promise<unknown>} request @param {string} error @param {number} [status] */
async function refused(request, error, status = 400) {
  await assert.rejects(request, (thrown) => {
    assert.ok(thrown instanceof client.ResponseBodyError, String(thrown));
    assert.equal(thrown.error, error);
    assert.equal(thrown.status, status);
    return true;
  });
}

for (const name of /** @type {const} */ (["basic", "post", "signing", "public"])) {
  test(`a person logs in to a client that is registered as ${name}, and it refreshes`, async () => {
    const config = await discover(name);
    const first = await tokens(config);
    const { sub, nonce } = first.claims() ?? assert.fail("no ID token");
    assert.ok(nonce);
    assert.ok(first.refresh_token);
    const user = await client.fetchUserInfo(config, first.access_token, sub);
    assert.equal(user.sub, sub);

    const second = await client.refreshTokenGrant(config, first.refresh_token);
    assert.ok(second.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.notEqual(second.access_token, first.access_token);
    assert.equal((await client.fetchUserInfo(config, second.access_token, sub)).sub, sub);
  });
}

test("a refresh token that is shown again ends all that came of the same login", async () => {
  const config = await discover("basic");
  const { refresh_token: first = "" } = await tokens(config);
  const { refresh_token: second = "" } = await client.refreshTokenGrant(config, first);
  const { refresh_token: third = "" } = await client.refreshTokenGrant(config, second);
  await refused(client.refreshTokenGrant(config, first), "invalid_grant");
  await refused(client.refreshTokenGrant(config, third), "invalid_grant");
});

test("a refresh token of another client is refused", async () => {
  const { refresh_token: theirs = "" } = await tokens(await discover("basic"));
  await refused(client.refreshTokenGrant(await discover("post"), theirs), "invalid_grant");
});

test("a code is redeemed once, and what came of it ends when it is shown again", async () => {
  const config = await discover("basic");
  const { checks, answer } = await logIn(config);
  const first = await client.authorizationCodeGrant(config, answer, checks);
  await refused(client.authorizationCodeGrant(config, answer, checks), "invalid_grant");
  await refused(client.refreshTokenGrant(config, first.refresh_token ?? ""), "invalid_grant");
});

test("a code is worth nothing without the code verifier", async () => {
  const config = await discover("basic");
  const { checks, answer } = await logIn(config);
  const other = { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
  await refused(client.authorizationCodeGrant(config, answer, other), "invalid_grant");
});

test("the answer names its issuer, and says so of itself in the metadata", async () => {
  const config = await discover("basic");
  assert.equal(config.serverMetadata().authorization_response_iss_parameter_supported, true);
  const { checks, answer } = await logIn(config);
  assert.equal(answer.searchParams.get("iss"), config.serverMetadata().issuer);
  answer.searchParams.set("iss", "https://mixed-up.example");
  await assert.rejects(client.authorizationCodeGrant(config, answer, checks));
});

test("a person who says no sends the client an error", async () => {
  const config = await discover("basic");
  const { checks, answer } = await logIn(config, { decision: "deny" });
  await assert.rejects(client.authorizationCodeGrant(config, answer, checks), (thrown) => {
    assert.ok(thrown instanceof client.AuthorizationResponseError, String(thrown));
    assert.equal(thrown.error, "access_denied");
    return true;
  });
});

test("a person who is logged in is not asked twice; without a login, prompt=none asks nobody", async () => {
  const config = await discover("basic");
  const browser = provider.browser();
  const quiet = { scope: "openid", more: { prompt: "none" }, browser };
  const { answer } = await logIn(config, quiet);
  assert.equal(answer.searchParams.get("error"), "login_required");

  const first = await tokens(config, { scope: "openid", browser });
  const again = await tokens(config, quiet);
  assert.equal(again.claims()?.sub, first.claims()?.sub);
  assert.equal(again.claims()?.auth_time, first.claims()?.auth_time);
});

test("max_age is told, and held", async () => {
  const config = await discover("basic");
  const { checks, answer } = await logIn(config, { scope: "openid", more: { max_age: "60" } });
  const { auth_time } =
    (await client.authorizationCodeGrant(config, answer, { ...checks, maxAge: 60 })).claims() ?? {};
  assert.equal(typeof auth_time, "number");
});

test("an answer comes as a form where the client asks for one", async () => {
  const config = await discover("basic");
  const given = await tokens(config, { more: { response_mode: "form_post" } });
  assert.ok(given.claims());
});

test("a request is pushed", async () => {
  for (const name of /** @type {const} */ (["basic", "signing", "public"])) {
    const config = await discover(name);
    const { url, answer, checks } = await logIn(config, { push: true });
    assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", "request_uri"]);
    assert.ok((await client.authorizationCodeGrant(config, answer, checks)).claims());
  }
});

test("a request is signed, and may be pushed then", async () => {
  for (const name of /** @type {const} */ (["signing", "jar"])) {
    const config = await discover(name);
    const sign = await provider.signingKey(name);
    const claims = JSON.stringify({ id_token: { auth_time: { essential: true } } });
    for (const push of [false, true]) {
      const { url, answer, checks } = await logIn(config, { sign, push, more: { max_age: "600", claims } });
      assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", push ? "request_uri" : "request"]);
      const given = await client.authorizationCodeGrant(config, answer, { ...checks, maxAge: 600 });
      assert.equal(typeof given.claims()?.auth_time, "number");
    }
  }
});

test("a client that signs its requests is not answered without, nor with the key of another", async () => {
  const config = await discover("jar");
  const bare = await logIn(config);
  assert.equal(bare.answer.searchParams.get("error"), "invalid_request");
  const other = await provider.signingKey("signing");
  const parameters = { redirect_uri: CALLBACK, scope: "openid" };
  const signed = await client.buildAuthorizationUrlWithJAR(config, parameters, other);
  const pushed = client.buildAuthorizationUrlWithPAR(config, signed.searchParams);
  await refused(pushed, "invalid_request_object");
});

test("tokens are bound to a key: from the code on, when they are refreshed, and where they are used", async () => {
  for (const name of /** @type {const} */ (["basic", "public"])) {
    const config = await discover(name);
    const pair = await client.randomDPoPKeyPair("ES256");
    const handle = { DPoP: client.getDPoPHandle(config, pair) };
    const first = await tokens(config, { dpop: handle.DPoP });
    assert.equal(first.token_type, "dpop");
    const sub = first.claims()?.sub ?? "";
    assert.equal((await client.fetchUserInfo(config, first.access_token, sub, handle)).sub, sub);
    const second = await client.refreshTokenGrant(config, first.refresh_token ?? "", undefined, handle);
    assert.equal(second.token_type, "dpop");
    assert.equal((await client.fetchUserInfo(config, second.access_token, sub, handle)).sub, sub);

    await assert.rejects(client.fetchUserInfo(config, second.access_token, sub));
    const other = { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) };
    await assert.rejects(client.fetchUserInfo(config, second.access_token, sub, other));
    if (name === "public") {
      const stolen = client.refreshTokenGrant(config, second.refresh_token ?? "", undefined, other);
      await assert.rejects(stolen, client.ResponseBodyError);
    }
  }
});

test("a pushed request is bound to a key, too", async () => {
  const config = await discover("public");
  const dpop = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  assert.equal((await tokens(config, { push: true, dpop })).token_type, "dpop");
});

test("a program gets a token for itself, which is no user's", async () => {
  const config = await discover("service");
  const given = await client.clientCredentialsGrant(config, { scope: API_SCOPE });
  assert.equal(given.token_type, "bearer");
  assert.equal(given.refresh_token, undefined);
  const said = await client.tokenIntrospection(config, given.access_token);
  assert.equal(said.active, true);
  assert.equal(said.scope, API_SCOPE);
  assert.equal(said.client_id, (await provider.client("service")).client_id);
  await assert.rejects(client.fetchUserInfo(config, given.access_token, client.skipSubjectCheck));
  await refused(client.clientCredentialsGrant(config, { scope: "openid" }), "invalid_scope");
});

test("a token is active until it is revoked; revoking a refresh token ends its access tokens' session, too", async () => {
  const config = await discover("basic");
  const { access_token, refresh_token = "" } = await tokens(config);
  assert.equal((await client.tokenIntrospection(config, refresh_token)).active, true);
  assert.equal((await client.tokenIntrospection(config, access_token)).active, true);
  await client.tokenRevocation(config, refresh_token, { token_type_hint: "refresh_token" });
  assert.deepEqual(await client.tokenIntrospection(config, refresh_token), { active: false });
  assert.deepEqual(await client.tokenIntrospection(config, access_token), { active: false });
  await refused(client.refreshTokenGrant(config, refresh_token), "invalid_grant");
  // RFC 7009 §2.2: a token that is none is as good as revoked.
  await client.tokenRevocation(config, "no-token-of-anyone");
  assert.deepEqual(await client.tokenIntrospection(config, "no-token-of-anyone"), { active: false });
});

test("a wrong secret opens nothing", async () => {
  const config = await discover("basic");
  const { client_id } = config.clientMetadata();
  const wrong = new client.Configuration(
    config.serverMetadata(),
    client_id,
    {},
    client.ClientSecretBasic("wrong-secret-of-no-client"),
  );
  // RFC 6749 §5.2: 401 and a challenge, which the library tells as such.
  await assert.rejects(client.refreshTokenGrant(wrong, "anything"), (/** @type {any} */ thrown) => {
    assert.equal(thrown.status, 401);
    return true;
  });
});

test("a device is let in by a person elsewhere", async () => {
  const config = await discover("device");
  const device = await client.initiateDeviceAuthorization(config, { scope: OFFLINE });
  assert.ok(device.verification_uri_complete);
  const answers = { person: provider.person, userCode: device.user_code };
  await provider.browser().stay(device.verification_uri_complete, answers);
  const given = await client.pollDeviceAuthorizationGrant(config, device);
  assert.ok(given.claims());
  assert.ok(given.refresh_token);
  await client.refreshTokenGrant(config, given.refresh_token);
});

test("a device whose code is typed in is turned away when the person says no", async () => {
  const config = await discover("device");
  const device = await client.initiateDeviceAuthorization(config, { scope: "openid" });
  await provider.browser().stay(device.verification_uri, {
    person: provider.person,
    userCode: device.user_code,
    decision: "deny",
  });
  await refused(client.pollDeviceAuthorizationGrant(config, device), "access_denied");
});

test("a client logs its user out, who comes back to it", async () => {
  const config = await discover("basic");
  const browser = provider.browser();
  const { id_token = "" } = await tokens(config, { scope: "openid", browser });
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: id_token,
    post_logout_redirect_uri: AFTER_LOGOUT,
    state: "over",
  });
  const end = await browser.arrive(url);
  assert.equal(end.href, `${AFTER_LOGOUT}?state=over`);
  const { answer } = await logIn(config, { scope: "openid", more: { prompt: "none" }, browser });
  assert.equal(answer.searchParams.get("error"), "login_required");
});

test("nobody is sent to an address that was not registered for after a logout", async () => {
  const config = await discover("basic");
  const browser = provider.browser();
  const { id_token = "" } = await tokens(config, { scope: "openid", browser });
  const url = client.buildEndSessionUrl(config, {
    id_token_hint: id_token,
    post_logout_redirect_uri: "https://thief.example/",
  });
  await browser.stay(url);
});

test("a client registers itself and is used at once", async () => {
  const config = await client.dynamicClientRegistration(
    new URL(provider.issuer),
    {
      client_name: "Registered by itself",
      redirect_uris: [CALLBACK],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      scope: OFFLINE,
    },
    client.ClientSecretBasic(),
  );
  const { client_id, client_secret } = config.clientMetadata();
  assert.ok(client_id);
  assert.ok(client_secret);
  const given = await tokens(config);
  assert.ok(given.claims());
  await client.refreshTokenGrant(config, given.refresh_token ?? "");
});
