import { decodeToken, type DecodedToken } from "@tegata/sdk";
import { fromBase64url, sha256, toBase64url } from "./bytes.ts";
import { compare, type Check } from "./check.ts";

export interface Expected {
  issuer: string;
  clientId: string;
  nonce: string;
  accessToken: string;
  /** `jwks_uri`'s answer (RFC 7517 §5). */
  jwks: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970. */
  now: number;
}

export interface CheckedIdToken {
  decoded: DecodedToken | null;
  checks: readonly Check[];
}

interface Verification {
  key: RsaHashedImportParams | EcKeyImportParams;
  signature: AlgorithmIdentifier | EcdsaParams;
}

/** What the provider signs ID tokens with. The token does not choose: any other `alg` is refused (RFC 8725 §3.1). */
const ALGORITHMS: Readonly<Record<string, Verification>> = {
  RS256: { key: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, signature: "RSASSA-PKCS1-v1_5" },
  ES256: {
    key: { name: "ECDSA", namedCurve: "P-256" },
    signature: { name: "ECDSA", hash: "SHA-256" },
  },
};

/** How far the provider's clock may be ahead, in milliseconds. */
const LEEWAY = 60_000;

/**
 * Decodes an ID token and makes every check of OpenID Connect Core §3.1.3.7 that this client has to make, so that each can be
 * shown. It asks for no `acr` and no `max_age`.
 */
export async function checkIdToken(token: string, expected: Expected): Promise<CheckedIdToken> {
  const decoded = decodeToken(token);
  if (decoded === null) return { decoded, checks: [] };
  const { claims } = decoded;
  const expires = typeof claims["exp"] === "number" ? claims["exp"] * 1000 : 0;
  const issued = typeof claims["iat"] === "number" ? claims["iat"] * 1000 : Infinity;
  const half = (await sha256(expected.accessToken)).subarray(0, 16);
  return {
    decoded,
    checks: [
      await checkSignature(token, decoded, expected.jwks),
      compare("iss", expected.issuer, claims["iss"]),
      compare("aud", expected.clientId, soleAudience(claims["aud"])),
      // Who it was issued to need not be said where it is for nobody else.
      {
        ...compare("azp", expected.clientId, claims["azp"]),
        ...(claims["azp"] === undefined && { passed: true }),
      },
      {
        name: "exp",
        passed: expires > expected.now,
        expected: `> ${new Date(expected.now).toISOString()}`,
        found: new Date(expires).toISOString(),
      },
      {
        name: "iat",
        passed: issued <= expected.now + LEEWAY,
        expected: `≤ ${new Date(expected.now).toISOString()}`,
        found: issued === Infinity ? "–" : new Date(issued).toISOString(),
      },
      compare("nonce", expected.nonce, claims["nonce"]),
      compare("at_hash", toBase64url(half), claims["at_hash"]),
    ],
  };
}

/** A list of one is that one. In a longer one are others, whom this client has no reason to trust. */
function soleAudience(aud: unknown): unknown {
  return Array.isArray(aud) && aud.length === 1 ? (aud[0] as unknown) : aud;
}

async function checkSignature(
  token: string,
  { header }: DecodedToken,
  jwks: Expected["jwks"],
): Promise<Check> {
  const [alg, kid] = [String(header["alg"]), String(header["kid"])];
  const keys = Array.isArray(jwks["keys"]) ? (jwks["keys"] as (JsonWebKey & { kid?: string })[]) : [];
  const jwk = keys.find((key) => key.kid === kid);
  const found = `${alg} ${kid}`;
  const algorithm = Object.hasOwn(ALGORITHMS, alg) ? ALGORITHMS[alg] : undefined;
  const expected = Object.keys(ALGORITHMS).join(", ");
  if (jwk === undefined || algorithm === undefined)
    return { name: "signature", passed: false, expected, found };
  return { name: "signature", passed: await verifies(token, jwk, algorithm), expected, found };
}

async function verifies(token: string, jwk: JsonWebKey, algorithm: Verification): Promise<boolean> {
  const end = token.lastIndexOf(".");
  try {
    const key = await crypto.subtle.importKey("jwk", jwk, algorithm.key, false, ["verify"]);
    const signed = new TextEncoder().encode(token.slice(0, end));
    return await crypto.subtle.verify(algorithm.signature, key, fromBase64url(token.slice(end + 1)), signed);
  } catch {
    // A key that is none, or a signature that cannot be read: as good as a wrong one.
    return false;
  }
}
