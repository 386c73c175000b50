// Verifies access tokens with npm `jose`, by the same rules as Tegata as far as `jose` has them.
//
// Standard input: one JSON value per line; first the settings, then one token after the other.
// Standard output: one line per token, `ok` or the code of the error.

import { createInterface } from "node:readline";

import { createLocalJWKSet, jwtVerify } from "jose";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function nextValue() {
  const { value, done } = await lines.next();
  return done ? undefined : JSON.parse(value);
}

const settings = await nextValue();
const keys = createLocalJWKSet(settings.jwks);
const options = {
  algorithms: ["ES256", "RS256", "EdDSA"],
  issuer: settings.issuer,
  audience: settings.audience,
  typ: "at+jwt",
  requiredClaims: ["sub", "exp", "iat", "jti", "client_id"],
  currentDate: new Date(settings.now * 1000),
};

for (let token = await nextValue(); token !== undefined; token = await nextValue()) {
  const verdict = await jwtVerify(token, keys, options).then(
    () => "ok",
    (error) => error.code ?? error.name,
  );
  console.log(verdict);
}
