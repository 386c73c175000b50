// Signing keys: made at deployment, rotated by a job, known to the authorizer, useless without KMS.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { call, configuration, invoke, setEnvironment } from "../support/aws.js";
import { ask } from "../support/client.js";
import { findDeployment } from "../support/deployment.js";
import { callApi, isProblem, logIn, signUp } from "../support/people.js";

const deployment = await findDeployment();
const [rotateKeys, authorizer] = [deployment.function("RotateKeys"), deployment.function("Authorizer")];

const kids = (/** @type {any} */ jwks) => jwks.keys.map((/** @type {any} */ { kid }) => kid).sort();
const variables = async (/** @type {string} */ name) => (await configuration(name)).Environment.Variables;
const publicKeys = async () => (await ask("GET", "/.well-known/jwks.json")).json.keys;
const authorizerKids = async () => kids(JSON.parse(String((await variables(authorizer))["TEGATA_JWKS"])));

after(async () => {
  await call("kms", "EnableKey", { KeyId: deployment.masterKey });
  await invoke(rotateKeys);
});

test("after the deployment the authorizer knows the published keys of access tokens, and no others", async () => {
  const keys = await publicKeys();
  const [es256, rs256] = ["ES256", "RS256"].map((alg) =>
    keys.filter((/** @type {any} */ key) => key.alg === alg),
  );
  assert.deepEqual(await authorizerKids(), kids({ keys: es256 }));
  assert.equal(rs256.length, 1, "clients can have their ID tokens signed with RS256 (OIDC Core §15.1)");
});

test("a second run of the job changes nothing", async () => {
  const before = await variables(authorizer);
  const { failed, body } = await invoke(rotateKeys);
  assert.equal(failed, false, JSON.stringify(body));
  assert.equal(body.changed, false);
  assert.deepEqual(await variables(authorizer), before);
});

test("a key that an operator asks for is known to the authorizer before it signs", async () => {
  const person = await signUp();
  const { access_token } = await logIn(person);
  const before = await authorizerKids();
  const { failed, body } = await invoke(rotateKeys, { rotate: "next" });
  assert.equal(failed, false, JSON.stringify(body));
  assert.equal(body.changed, true);
  const known = await authorizerKids();
  assert.equal(known.length, before.length + 1);
  assert.equal((await callApi(access_token)).status, 200);
  const later = await logIn(person);
  const { kid } = JSON.parse(Buffer.from(String(later.access_token.split(".")[0]), "base64url").toString());
  assert.ok(before.includes(kid), "the old key signs until verifiers know the new one");
});

test("an authorizer whose keys were taken away says `not now`, never `not you`, until the job has been there", async () => {
  const { access_token } = await logIn(await signUp());
  const full = await variables(authorizer);
  await setEnvironment(authorizer, { ...full, TEGATA_JWKS: '{"keys":[]}' });
  const refused = await callApi(access_token);
  isProblem(refused, 503, "temporarily_unavailable");
  assert.ok(refused.headers["retry-after"]);
  const { failed, body } = await invoke(rotateKeys);
  assert.equal(failed, false, JSON.stringify(body));
  assert.deepEqual(await variables(authorizer), full);
  assert.equal((await callApi(access_token)).status, 200);
});

test("without the KMS key a function that starts answers nothing, and what is running goes on", async () => {
  const person = await signUp();
  const { access_token } = await logIn(person);
  await call("kms", "DisableKey", { KeyId: deployment.masterKey });
  assert.equal((await callApi(access_token)).status, 200, "a function that is running has its keys");

  const refresh = deployment.function("Refresh");
  await setEnvironment(refresh, await variables(refresh));
  const answer = await ask("POST", "/auth/refresh", { body: { refresh_token: "tgr_x" } });
  assert.ok(answer.status >= 500, `${answer.status}: an outage is not a refusal`);
  assert.equal((await invoke(rotateKeys)).failed, true, "the job says that it has failed");

  await call("kms", "EnableKey", { KeyId: deployment.masterKey });
  await setEnvironment(refresh, await variables(refresh));
  const back = await ask("POST", "/auth/refresh", { body: { refresh_token: "tgr_x" } });
  assert.equal(back.status, 401, back.text);
});
