// What the page that shows the flow decides, where no browser and no provider are needed for it.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withoutSecrets } from "../src/inspector/flow/abridge.ts";
import { fromBase64url, sha256, toBase64url } from "../src/inspector/flow/bytes.ts";
import { checkCallback, readCallback } from "../src/inspector/flow/callback.ts";
import { FlowRun } from "../src/inspector/flow/flow-run.ts";
import { checkIdToken, type Expected } from "../src/inspector/flow/id-token.ts";
import { discover, type Provider } from "../src/inspector/flow/provider.ts";
import { authorizationRequest, newRoundTrip } from "../src/inspector/flow/request.ts";
import { forgetRoundTrip, keepRoundTrip, readRoundTrip } from "../src/inspector/flow/round-trip.ts";

const ISSUER = location.origin;
const NOW = 1_790_000_000_000;
const TRIP = { codeVerifier: "verifier", codeChallenge: "challenge", state: "state", nonce: "nonce" };

const provider: Provider = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/oauth2/authorize`,
  token_endpoint: `${ISSUER}/oauth2/token`,
  userinfo_endpoint: `${ISSUER}/oauth2/userinfo`,
  revocation_endpoint: `${ISSUER}/oauth2/revoke`,
  end_session_endpoint: `${ISSUER}/oauth2/logout`,
  jwks_uri: `${ISSUER}/.well-known/jwks.json`,
};

beforeEach(() => sessionStorage.clear());
afterEach(() => vi.unstubAllGlobals());

test("the challenge is that of RFC 7636, appendix B", async () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  expect(toBase64url(await sha256(verifier))).toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  const { codeVerifier, codeChallenge, state, nonce } = await newRoundTrip();
  expect(toBase64url(await sha256(codeVerifier))).toBe(codeChallenge);
  expect(new Set([codeVerifier, state, nonce]).size).toBe(3);
  for (const text of [codeVerifier, state, nonce]) expect(fromBase64url(text)).toHaveLength(32);
});

test("the verifier is no part of the authorization request", () => {
  const request = authorizationRequest(ISSUER, TRIP, "ja");
  expect(Object.values(request)).not.toContain(TRIP.codeVerifier);
  expect(request).toMatchObject({
    code_challenge: "challenge",
    code_challenge_method: "S256",
    state: "state",
  });
});

test("what waits for the browser is read once it is back, and nothing else is taken for it", () => {
  expect(readRoundTrip()).toBeNull();
  keepRoundTrip({ ...TRIP, accessToken: "never" } as typeof TRIP);
  expect(readRoundTrip()).toEqual(TRIP);
  forgetRoundTrip();
  expect(readRoundTrip()).toBeNull();
  for (const planted of ["{", "null", "[]", '{"state":"state"}', '{"codeVerifier":1}']) {
    sessionStorage.setItem("tegata.flow", planted);
    expect(readRoundTrip(), planted).toBeNull();
  }
});

test.each([
  ["all is well", { iss: ISSUER }, TRIP, []],
  ["the state is another", { iss: ISSUER, state: "other" }, TRIP, ["state"]],
  ["the state is missing", { iss: ISSUER, state: null }, TRIP, ["state"]],
  ["nothing was begun", { iss: ISSUER }, null, ["state"]],
  ["nothing was begun, and the state says so", { iss: ISSUER, state: "–" }, null, ["state"]],
  ["another provider answers", { iss: `${ISSUER}.example` }, TRIP, ["iss"]],
  ["no provider is named", { iss: null }, TRIP, ["iss"]],
  ["there is no code", { iss: ISSUER, code: "" }, TRIP, ["code"]],
])("a callback where %s", (_, more, trip, failed) => {
  const callback = { code: "code", state: "state", error: null, errorDescription: null, ...more };
  const checks = checkCallback(callback, trip, ISSUER);
  expect(checks.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual(failed);
  expect(new FlowRun(provider, trip, callback).hasCode).toBe(failed.length === 0);
});

test.each([
  ["nobody has asked", { iss: ISSUER }, null],
  ["its state is another", { iss: ISSUER, state: "other" }, TRIP],
  ["it is of another provider", { iss: `${ISSUER}.example` }, TRIP],
  ["it is of no provider", { iss: null }, TRIP],
])("r05: an error is not shown where %s", (_, more, trip) => {
  const said = { error: "access_denied", errorDescription: "Call this number." };
  const callback = { code: null, state: "state", ...said, ...more };
  const { state } = new FlowRun(provider, trip, callback);
  expect(state.callback).toMatchObject({ error: null, errorDescription: null });
  const own = { ...callback, iss: ISSUER, state: "state" };
  expect(new FlowRun(provider, TRIP, own).state.callback).toMatchObject(said);
});

test("an address without an answer is no callback, and an error is one", () => {
  expect(readCallback("?x=1&state=state")).toBeNull();
  expect(readCallback("?error=access_denied&state=state")).toMatchObject({
    error: "access_denied",
    code: null,
  });
});

test("what is shown of an exchange is no token and no code", () => {
  const shown = withoutSecrets({
    access_token: "eyJhbGciOiJFUzI1NiJ9",
    code: "tga_0123456789",
    scope: "openid",
  });
  expect(shown).toEqual({ access_token: "eyJhbGci…", code: "tga_0123…", scope: "openid" });
});

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const RS256 = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};

const encode = (value: object) => toBase64url(new TextEncoder().encode(JSON.stringify(value)));

/** An ID token, and what a client expects of it. */
async function issued(alg: "ES256" | "RS256", header: object = {}, claims: object = {}) {
  const algorithm = alg === "ES256" ? ES256 : RS256;
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const accessToken = "access.token.of-the-user";
  const usual = {
    iss: ISSUER,
    aud: "token-inspector",
    sub: "user",
    nonce: "nonce",
    exp: NOW / 1000 + 60,
    iat: NOW / 1000,
    at_hash: toBase64url((await sha256(accessToken)).subarray(0, 16)),
  };
  const signed = `${encode({ alg, kid: "k", ...header })}.${encode({ ...usual, ...claims })}`;
  const bytes = await crypto.subtle.sign(algorithm, pair.privateKey, new TextEncoder().encode(signed));
  const jwk = { ...(await crypto.subtle.exportKey("jwk", pair.publicKey)), kid: "k" };
  const expected: Expected = {
    issuer: ISSUER,
    clientId: "token-inspector",
    nonce: "nonce",
    accessToken,
    jwks: { keys: [jwk] },
    now: NOW,
  };
  return { token: `${signed}.${toBase64url(new Uint8Array(bytes))}`, expected };
}

async function failed(token: string, expected: Expected): Promise<string[]> {
  const { checks } = await checkIdToken(token, expected);
  expect(checks).toHaveLength(8);
  return checks.filter(({ passed }) => !passed).map(({ name }) => name);
}

test("an ID token may say whom it is for in a list, and to whom it was issued", async () => {
  const { token, expected } = await issued("ES256", {}, { aud: ["token-inspector"], azp: "token-inspector" });
  expect(await failed(token, expected)).toEqual([]);
});

test.each(["ES256", "RS256"] as const)("a good ID token passes every check, signed with %s", async (alg) => {
  const { token, expected } = await issued(alg);
  expect(await failed(token, expected)).toEqual([]);
});

test.each([
  ["iss", { iss: "issuer of somebody else" }],
  ["aud", { aud: "another-client" }],
  ["aud", { aud: ["token-inspector", "another-client"] }],
  ["azp", { azp: "another-client" }],
  ["azp", { aud: ["token-inspector"], azp: null }],
  ["iat", { iat: NOW / 1000 + 120 }],
  ["iat", { iat: undefined }],
  ["exp", { exp: NOW / 1000 }],
  ["exp", { exp: "never" }],
  ["nonce", { nonce: "of an older request" }],
  ["nonce", { nonce: undefined }],
  ["at_hash", { at_hash: "of another token" }],
])("an ID token fails by its %s: %o", async (name, claims) => {
  const { token, expected } = await issued("ES256", {}, claims);
  expect(await failed(token, expected)).toEqual([name]);
});

test.each([{ alg: "none" }, { alg: "HS256" }, { alg: "RS256" }, { alg: "constructor" }, { kid: "other" }])(
  "an ID token chooses neither algorithm nor key: %o",
  async (header) => {
    const { token, expected } = await issued("ES256", header);
    expect(await failed(token, expected)).toEqual(["signature"]);
  },
);

test("an ID token that was changed fails, and one that is none is not decoded", async () => {
  const { token, expected } = await issued("ES256");
  const [header = "", , signature = ""] = token.split(".");
  const { claims = {} } = (await checkIdToken(token, expected)).decoded ?? {};
  const changed = [header, encode({ ...claims, sub: "somebody else" }), signature].join(".");
  expect(await failed(changed, expected)).toEqual(["signature"]);
  expect(await failed(`${token}!`, expected)).toEqual(["signature"]);
  expect(await failed(token, { ...expected, jwks: {} })).toEqual(["signature"]);
  expect(await checkIdToken("no token", expected)).toEqual({ decoded: null, checks: [] });
});

test("a provider is shown only at its own address", async () => {
  const answer = (metadata: object) => vi.stubGlobal("fetch", () => Promise.resolve(Response.json(metadata)));
  answer(provider);
  expect(await discover()).toEqual(provider);
  for (const changed of [
    { token_endpoint: "https://elsewhere.example/token" },
    { issuer: "https://elsewhere.example" },
    { authorization_endpoint: undefined },
  ]) {
    answer({ ...provider, ...changed });
    expect(await discover()).toBeNull();
  }
});

test("a step without an answer changes nothing and can be repeated; the state holds no token", async () => {
  const callback = { code: "tga_secret", state: "state", iss: ISSUER, error: null, errorDescription: null };
  const run = new FlowRun(provider, TRIP, callback);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  await run.redeem();
  expect(run.state).toMatchObject({ redeemed: null, pending: false, failed: true });

  const sent: RequestInit[] = [];
  vi.stubGlobal("fetch", (_: string, init: RequestInit) => {
    sent.push(init);
    const tokens = {
      access_token: "eyJ.access.secret",
      id_token: "eyJ.id.secret",
      refresh_token: "tgr_a.secret",
    };
    return Promise.resolve(Response.json(tokens));
  });
  await Promise.all([run.redeem(), run.redeem()]);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ method: "POST", credentials: "omit", redirect: "error" });
  expect((sent[0]?.body as URLSearchParams).get("code_verifier")).toBe("verifier");
  expect(run.state).toMatchObject({ pending: false, failed: false, redeemed: { status: 200 } });
  expect(JSON.stringify([run, run.state])).not.toContain("secret");
});
