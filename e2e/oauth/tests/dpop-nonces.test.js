// openid-client and oauth4webapi, where DPoP proofs have to carry nonces of the server (RFC 9449 §8, §9).
import assert from "node:assert/strict";
import { test } from "node:test";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { CALLBACK, OFFLINE } from "../support/clients.js";
import { provider as aProvider } from "../support/provider.js";

const provider = await aProvider({ dpopNonces: true });

/** The names of the endpoints that have asked for a nonce. @type {string[]} */
let asked = [];

/** @type {client.CustomFetch} */
async function listen(url, options) {
  const answer = await fetch(url, /** @type {RequestInit} */ (options));
  const { error } = await answer
    .clone()
    .json()
    .catch(() => ({}));
  const challenge = answer.headers.get("www-authenticate") ?? "";
  if (error === "use_dpop_nonce" || challenge.includes("use_dpop_nonce")) {
    assert.ok(answer.headers.get("dpop-nonce"), "a nonce comes with it");
    asked.push(new URL(url).pathname.split("/").at(-1) ?? "");
  }
  return answer;
}

async function publicClient() {
  const { client_id } = await provider.client("public");
  const config = await client.discovery(new URL(provider.issuer), client_id, {}, client.None(), {
    [client.customFetch]: listen,
  });
  config[client.customFetch] = listen;
  return config;
}

test("openid-client is asked for a nonce once, and has it from then on", async () => {
  const config = await publicClient();
  const handle = { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) };
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    idTokenExpected: true,
  };
  asked = [];
  const url = await client.buildAuthorizationUrlWithPAR(
    config,
    {
      redirect_uri: CALLBACK,
      scope: OFFLINE,
      prompt: "consent",
      state: checks.expectedState,
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
    },
    handle,
  );
  assert.equal(asked.length, 1);
  const answer = await provider.browser().arrive(url, { person: provider.person });
  const first = await client.authorizationCodeGrant(config, answer, checks, undefined, handle);
  assert.equal(first.token_type, "dpop");
  const sub = first.claims()?.sub ?? "";
  assert.equal((await client.fetchUserInfo(config, first.access_token, sub, handle)).sub, sub);
  const second = await client.refreshTokenGrant(config, first.refresh_token ?? "", undefined, handle);
  assert.equal((await client.fetchUserInfo(config, second.access_token, sub, handle)).sub, sub);
  // The newest nonce becomes another one now and then, and the one before stays good.
  assert.equal(asked.length, 1, asked.join(" "));
});

test("the user info asks for a nonce by itself", async () => {
  const config = await publicClient();
  const keys = await client.randomDPoPKeyPair("ES256", { extractable: true });
  const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), idTokenExpected: true };
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: "openid",
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const answer = await provider.browser().arrive(url, { person: provider.person });
  const tokens = await client.authorizationCodeGrant(config, answer, checks, undefined, {
    DPoP: client.getDPoPHandle(config, keys),
  });
  // The same key in a handle that has heard of no nonce.
  /** @type {oauth.Client} */
  const party = { client_id: config.clientMetadata().client_id };
  const DPoP = oauth.DPoP(party, keys);
  const as = /** @type {oauth.AuthorizationServer} */ (config.serverMetadata());
  const options = { DPoP, [oauth.customFetch]: listen };
  const sub = tokens.claims()?.sub ?? "";
  const ask = async () =>
    oauth.processUserInfoResponse(
      as,
      party,
      sub,
      await oauth.userInfoRequest(as, party, tokens.access_token, /** @type {any} */ (options)),
    );
  asked = [];
  await assert.rejects(ask(), oauth.isDPoPNonceError);
  assert.equal(asked.length, 1);
  assert.equal((await ask()).sub, sub);
});
