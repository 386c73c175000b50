// An OpenID Provider as it is usually written for Node.js: oidc-provider, which keeps everything in memory. It signs with the
// same algorithms as Tegata and rotates refresh tokens at every use, too; whoever comes is logged in and has allowed
// everything, so that nobody has to be played.

import { createServer } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import Provider from "oidc-provider";

const { BENCH_CLIENT_ID, BENCH_CLIENT_SECRET, BENCH_REDIRECT_URI, BENCH_SCOPE } = process.env;

const keys = await Promise.all(
  ["ES256", "RS256"].map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...(await exportJWK(privateKey)), alg, use: "sig" };
  }),
);

const server = createServer().listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: { keys },
    clients: [
      {
        client_id: BENCH_CLIENT_ID,
        client_secret: BENCH_CLIENT_SECRET,
        redirect_uris: [BENCH_REDIRECT_URI],
        response_types: ["code"],
        grant_types: ["authorization_code", "refresh_token", "client_credentials"],
        token_endpoint_auth_method: "client_secret_basic",
        id_token_signed_response_alg: "ES256",
      },
    ],
    scopes: ["openid", "offline_access", BENCH_SCOPE],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      // Access tokens are JWTs (RFC 9068), as Tegata's.
      resourceIndicators: {
        enabled: true,
        defaultResource: () => issuer,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: BENCH_SCOPE,
          audience: issuer,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "ES256" } },
        }),
      },
    },
  });
  const handle = provider.callback();
  server.on("request", (request, response) => {
    const isInteraction = request.url.startsWith("/interaction/");
    return isInteraction ? finish(provider, request, response) : handle(request, response);
  });
  console.log(`ready at ${issuer}`);
});

async function finish(provider, request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "somebody", clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { login: { accountId: "somebody" }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result);
}
