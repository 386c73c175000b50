// The same work as the authorizer, as it is usually written for Node.js: a TOKEN event in, a policy for the stage out, the
// token verified with `aws-jwt-verify` and keys from the environment.

import { JwtVerifier } from "aws-jwt-verify";

const { TEGATA_ISSUER, TEGATA_AUDIENCE, TEGATA_JWKS } = process.env;

const verifier = JwtVerifier.create({ issuer: TEGATA_ISSUER, audience: TEGATA_AUDIENCE });
verifier.cacheJwks(JSON.parse(TEGATA_JWKS));

export async function handler(event) {
  const token = event.authorizationToken.replace(/^Bearer /i, "");
  const { sub, username, client_id, scope, sid, iss, exp } = verifier.verifySync(token);
  const [api, stage] = event.methodArn.split("/");
  return {
    principalId: sub,
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: [`${api}/${stage}/*`] }],
    },
    context: { sub, username, client_id, scope, sid, iss, exp: String(exp) },
  };
}
