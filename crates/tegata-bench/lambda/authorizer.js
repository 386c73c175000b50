// The same work as the authorizer, as it is usually written for Node.js: a TOKEN event in, a policy for the stage out, the
// token verified with `aws-jwt-verify` and keys from the environment.
//
// It speaks to Lambda's Runtime API itself. The official client for that, `aws-lambda-ric`, is what AWS's own Node.js
// runtime starts with; it is a native module built by CMake and does more, so this is the quicker of the two.

import { Agent, request } from "node:http";

import { JwtVerifier } from "aws-jwt-verify";

const { AWS_LAMBDA_RUNTIME_API, TEGATA_ISSUER, TEGATA_AUDIENCE, TEGATA_JWKS } = process.env;
const [hostname, port] = AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const verifier = JwtVerifier.create({ issuer: TEGATA_ISSUER, audience: TEGATA_AUDIENCE });
verifier.cacheJwks(JSON.parse(TEGATA_JWKS));

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { agent, hostname, port, method, path: `/2018-06-01/runtime/invocation/${path}` };
    const outgoing = request(options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function handle(event) {
  const token = event.authorizationToken.replace(/^Bearer /i, "");
  const claims = verifier.verifySync(token);
  const { sub, username, client_id, scope, sid, iss, exp } = claims;
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

for (;;) {
  const { headers, body } = await call("GET", "next");
  const id = headers["lambda-runtime-aws-request-id"];
  try {
    await call("POST", `${id}/response`, JSON.stringify(handle(JSON.parse(body))));
  } catch {
    const error = { errorType: "Unauthorized", errorMessage: "Unauthorized" };
    await call("POST", `${id}/error`, JSON.stringify(error));
  }
}
