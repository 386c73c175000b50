import type { RoundTrip } from "./round-trip.ts";
import { randomText, sha256, toBase64url } from "./bytes.ts";

/** The server has registered this client, for as long as the inspector is on. */
export const CLIENT_ID = "token-inspector";
/** The path of this page, which is also where the answer comes back to. */
export const PATH = "/inspector/flow";
const SCOPE = "openid profile email offline_access";

export type Parameters = Readonly<Record<string, string>>;

export function redirectUri(issuer: string): string {
  return issuer + PATH;
}

/** RFC 7636 §4.1 and §4.2, with a state and a nonce for the same flow. */
export async function newRoundTrip(): Promise<RoundTrip> {
  const codeVerifier = randomText();
  const codeChallenge = toBase64url(await sha256(codeVerifier));
  return { codeVerifier, codeChallenge, state: randomText(), nonce: randomText() };
}

/** RFC 6749 §4.1.1 with RFC 7636 §4.3 and OpenID Connect Core §3.1.2.1. */
export function authorizationRequest(issuer: string, trip: RoundTrip, language: string): Parameters {
  return {
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: redirectUri(issuer),
    scope: SCOPE,
    state: trip.state,
    nonce: trip.nonce,
    code_challenge: trip.codeChallenge,
    code_challenge_method: "S256",
    prompt: "consent",
    ui_locales: language,
  };
}

export function withParameters(endpoint: string, parameters: Parameters): string {
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
