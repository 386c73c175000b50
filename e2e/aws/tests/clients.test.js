// An application's whole way through the deployed provider: registered as the guide says, found by discovery, logged in to by a
// person, refreshed, ended. What plays the application is openid-client.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";
import { Browser } from "../../oauth/support/browser.js";
import { invoke, required } from "../support/aws.js";
import { findDeployment } from "../support/deployment.js";
import { Operator } from "../support/operator.js";
import { signUp } from "../support/people.js";

const CALLBACK = "https://client.example/callback";
const SCOPE = "openid profile offline_access";

const deployment = await findDeployment();
const issuer = required("TEGATA_URL");
const operator = new Operator(deployment);
after(() => operator.end());

/** Registers a client. @param {string} name @param {readonly string[]} more */
async function register(name, ...more) {
  const said = await operator.does(
    "client",
    "create",
    "--client-id",
    name,
    "--redirect-uri",
    CALLBACK,
    "--json",
    ...more,
  );
  return /** @type {{ client_id: string, client_secret: string }} */ (JSON.parse(said));
}

/** What an application knows that was given a name, a secret and the address of the provider. @param {{ client_id: string, client_secret: string }} registered */
function discover({ client_id, client_secret }) {
  return client.discovery(new URL(issuer), client_id, {}, client.ClientSecretBasic(client_secret));
}

/**
 * Logs somebody in; gives the tokens.
 *
 * @param {client.Configuration} config
 * @param {{ username: string, password: string }} person
 * @param {{ push?: boolean }} [how]
 */
async function logIn(config, { username, password }, { push = false } = {}) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const parameters = {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    prompt: "consent",
  };
  const url = push
    ? await client.buildAuthorizationUrlWithPAR(config, parameters)
    : client.buildAuthorizationUrl(config, parameters);
  const answer = await new Browser(issuer).arrive(url, { person: { identifier: username, password } });
  return { tokens: await client.authorizationCodeGrant(config, answer, checks), answer, checks };
}

/** @param {Promise<unknown>} request @param {string} error */
async function refused(request, error) {
  await assert.rejects(request, (thrown) => {
    assert.ok(thrown instanceof client.ResponseBodyError, String(thrown));
    assert.equal(thrown.error, error);
    return true;
  });
}

for (const push of [false, true]) {
  test(`a person logs in to an application whose request is ${push ? "pushed" : "in the address"}`, async () => {
    const registered = await register(`wiki-${push ? "pushed" : "plain"}`);
    const config = await discover(registered);
    const person = await signUp();
    const { tokens, answer, checks } = await logIn(config, person, { push });

    const { jwks_uri = "" } = config.serverMetadata();
    const { payload, protectedHeader } = await jwtVerify(
      tokens.id_token ?? "",
      createRemoteJWKSet(new URL(jwks_uri)),
      {
        issuer,
        audience: registered.client_id,
      },
    );
    assert.equal(protectedHeader.alg, "RS256");
    assert.equal(payload.sub, person.sub);
    assert.equal(payload["nonce"], checks.expectedNonce);
    const user = await client.fetchUserInfo(config, tokens.access_token, person.sub);
    assert.equal(user.preferred_username, person.username);

    const { refresh_token: first = "" } = tokens;
    const next = await client.refreshTokenGrant(config, first);
    assert.ok(next.refresh_token && next.refresh_token !== first, "each refresh token is used once");
    assert.equal((await client.fetchUserInfo(config, next.access_token, person.sub)).sub, person.sub);

    await client.tokenRevocation(config, next.refresh_token);
    await refused(client.refreshTokenGrant(config, next.refresh_token), "invalid_grant");
    assert.deepEqual(await client.tokenIntrospection(config, next.access_token), { active: false });
    await refused(client.authorizationCodeGrant(config, answer, checks), "invalid_grant");
  });
}

test("a refresh token that is shown again ends what came of the login", async () => {
  const config = await discover(await register("forgetful"));
  const { tokens } = await logIn(config, await signUp());
  const { refresh_token: first = "" } = tokens;
  const { refresh_token: second = "" } = await client.refreshTokenGrant(config, first);
  const { refresh_token: third = "" } = await client.refreshTokenGrant(config, second);
  await refused(client.refreshTokenGrant(config, first), "invalid_grant");
  await refused(client.refreshTokenGrant(config, third), "invalid_grant");
});

test("what an operator says of a client holds at once", async () => {
  const registered = await register("shop", "--name", "The shop");
  const config = await discover(registered);
  const person = await signUp();
  const { tokens } = await logIn(config, person);
  assert.match(await operator.does("client", "list"), /shop +active .*The shop/);

  await operator.does("client", "disable", "shop");
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ""));
  await operator.does("client", "enable", "shop");
  assert.ok((await client.refreshTokenGrant(config, tokens.refresh_token ?? "")).access_token);

  await operator.does("client", "update", "shop", "--scope", "openid offline_access");
  assert.match(await operator.does("client", "show", "shop"), /"scope":"openid offline_access"/);
  const rotated = JSON.parse(
    await operator.does("client", "rotate-secret", "shop", "--overlap", "0s", "--json"),
  );
  assert.notEqual(rotated.client_secret, registered.client_secret);
  await operator.does("client", "delete", "shop", "--yes");

  const actions = (await operator.does("audit", "export")).match(/(?<="action":")\w+/g) ?? [];
  const done = ["disabled", "enabled", "changed", "secret_changed", "deleted"];
  assert.deepEqual(
    actions.slice(-done.length),
    done.map((what) => `client_${what}`),
  );
  assert.match(await operator.does("audit", "verify"), /no line was changed/);
});

test("whoever registers clients reads no signing key, changes none, and reaches no user's address", async () => {
  for (const command of [
    ["keys", "list"],
    ["keys", "rotate"],
    ["user", "list"],
  ]) {
    const { status, stderr } = await operator.run(...command);
    assert.equal(status, 1, `${command.join(" ")}: ${stderr}`);
  }
});

test("a schedule can have clients told of logouts", async () => {
  const done = await invoke(deployment.function("OAuth"), { job: "deliver_logout_notices" });
  assert.deepEqual(done, { failed: false, body: { due: 0, all: true } });
});

test("a function takes no event that is neither a request nor a job of its own", async () => {
  const oauth = deployment.function("OAuth");
  for (const event of [
    {},
    { job: "delete_everything" },
    { source: "aws.events", "detail-type": "Scheduled Event", detail: {} },
  ])
    assert.equal((await invoke(oauth, event)).failed, true, JSON.stringify(event));
  const elsewhere = await invoke(deployment.function("Account"), { job: "deliver_logout_notices" });
  assert.equal(elsewhere.failed, true);
});
