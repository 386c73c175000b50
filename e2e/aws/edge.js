// Plays CloudFront, which no emulator does for an origin that is API Gateway.
//
// It is a proxy for tests, and reads from the deployed template what it has to do: which path goes to which origin, which headers,
// cookies and queries are sent on, which headers are added to the answer, what the function at the edge does. It caches nothing.
// The files come from the bucket, with the headers they were stored with.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { endpoint, required, signed } from "./support/aws.js";
import { findDeployment } from "./support/deployment.js";

const { edge, apiId, bucket, originSecret } = await findDeployment();
const named = (/** @type {any} */ reference) => edge.resources[reference.Ref]?.Properties ?? {};
const distribution = Object.values(edge.resources).find(
  ({ Type }) => Type === "AWS::CloudFront::Distribution",
)?.Properties["DistributionConfig"];
const publicHost = new URL(required("TEGATA_URL")).hostname;
const gateway = new URL(endpoint);

/** The behaviour for a path: the first whose pattern matches (`*` is any number of characters). @param {string} path */
function behaviorFor(path) {
  const matches = (/** @type {string} */ pattern) =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
    ).test(path);
  return (
    distribution.CacheBehaviors.find((/** @type {any} */ one) => matches(one.PathPattern)) ??
    distribution.DefaultCacheBehavior
  );
}

/**
 * Headers that the policy adds: those that take the place of the origin's, and those that it does not send itself.
 *
 * @param {any} behavior
 * @param {import("node:http").IncomingHttpHeaders} [sent]
 */
function addedHeaders(behavior, sent = {}) {
  const { CustomHeadersConfig, SecurityHeadersConfig } = named(
    behavior.ResponseHeadersPolicyId,
  ).ResponseHeadersPolicyConfig;
  const { StrictTransportSecurity: hsts } = SecurityHeadersConfig;
  const {
    ContentSecurityPolicy: csp,
    ContentTypeOptions: types,
    ReferrerPolicy: referrer,
  } = SecurityHeadersConfig;
  const maxAge = `max-age=${hsts.AccessControlMaxAgeSec}${hsts.IncludeSubdomains ? "; includeSubDomains" : ""}`;
  /** @type {[string, string, boolean][]} */
  const headers = [
    ["content-security-policy", csp.ContentSecurityPolicy, csp.Override],
    ["x-content-type-options", "nosniff", types.Override],
    ["referrer-policy", referrer.ReferrerPolicy, referrer.Override],
    ["strict-transport-security", maxAge, hsts.Override],
    ...CustomHeadersConfig.Items.map((/** @type {any} */ { Header, Value, Override }) => [
      Header.toLowerCase(),
      Value,
      Override,
    ]),
  ];
  return Object.fromEntries(
    headers
      .filter(([name, , override]) => override || sent[name] === undefined)
      .map(([name, value]) => [name, value]),
  );
}

/**
 * The headers of a request as the origin gets them: those that the two policies name, and what CloudFront adds itself.
 *
 * @param {any} behavior
 * @param {import("node:http").IncomingMessage} request
 */
function forwardedHeaders(behavior, request) {
  const cached = named(behavior.CachePolicyId).CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin;
  const sent = named(behavior.OriginRequestPolicyId).OriginRequestPolicyConfig;
  const names = [...cached.HeadersConfig.Headers, ...sent.HeadersConfig.Headers].map((name) =>
    name.toLowerCase(),
  );
  const { remoteAddress, remotePort } = request.socket;
  /** @type {Record<string, string>} */
  const headers = {
    host: `${apiId}.execute-api.localhost:${gateway.port}`,
    "x-forwarded-for": String(remoteAddress),
  };
  const add = (/** @type {string} */ name) => {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = String(value);
  };
  for (const name of [...names, "content-length"]) add(name);
  if (names.includes("cloudfront-viewer-address"))
    headers["cloudfront-viewer-address"] = `${remoteAddress}:${remotePort}`;
  if (sent.CookiesConfig.CookieBehavior === "all") add("cookie");
  for (const { HeaderName } of originOf(behavior).OriginCustomHeaders) headers[HeaderName] = originSecret;
  return headers;
}

/** @param {any} behavior */
function originOf(behavior) {
  return distribution.Origins.find((/** @type {any} */ one) => one.Id === behavior.TargetOriginId);
}

/** @param {any} behavior @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
function askApi(behavior, request, response) {
  const upstream = httpRequest(
    {
      ...{ host: gateway.hostname, port: gateway.port, method: request.method },
      path: originOf(behavior).OriginPath + request.url,
      headers: forwardedHeaders(behavior, request),
    },
    (answer) => {
      /** @type {import("node:http").OutgoingHttpHeaders} */
      const headers = { ...answer.headers, ...addedHeaders(behavior, answer.headers) };
      // Those are about this connection, not about the answer.
      delete headers.connection;
      delete headers["keep-alive"];
      response.writeHead(answer.statusCode ?? 502, headers);
      answer.pipe(response);
    },
  );
  upstream.on("error", () => response.writeHead(502).end());
  request.pipe(upstream);
}

/** The function that the template puts before the files. */
const pages = runInNewContext(
  `${Object.values(edge.resources).find(({ Type }) => Type === "AWS::CloudFront::Function")?.Properties["FunctionCode"]}; handler`,
);

/** @param {any} behavior @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
async function serveFile(behavior, request, response) {
  const { pathname } = new URL(request.url ?? "/", `https://${publicHost}`);
  const { uri } = pages({ request: { uri: pathname, method: request.method, headers: {} } });
  const file = await signed("s3", `/${bucket}${uri}`);
  const headers = Object.fromEntries(
    ["content-type", "cache-control", "etag"].flatMap((name) => {
      const value = file.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  response.writeHead(file.status, { ...headers, ...addedHeaders(behavior) });
  response.end(Buffer.from(await file.arrayBuffer()));
}

/** A certificate for the public name, good for this run. @param {string} folder */
function makeCertificate(folder) {
  const [key, cert] = [join(folder, "edge-key.pem"), join(folder, "edge-cert.pem")];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...[
      "-subj",
      "/CN=tegata e2e",
      "-addext",
      `subjectAltName=DNS:${publicHost}`,
      "-keyout",
      key,
      "-out",
      cert,
    ],
  ]);
  if (made.status !== 0) throw new Error(`openssl makes no certificate: ${made.stderr ?? made.error}`);
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

const server = createServer(makeCertificate(required("TEGATA_STATE")), (request, response) => {
  const { pathname } = new URL(request.url ?? "/", `https://${publicHost}`);
  const behavior = behaviorFor(pathname);
  const methods = behavior.AllowedMethods ?? ["GET", "HEAD"];
  if (!methods.includes(request.method)) response.writeHead(403, addedHeaders(behavior)).end();
  else if (originOf(behavior).S3OriginConfig)
    serveFile(behavior, request, response).catch(() => response.writeHead(502).end());
  else askApi(behavior, request, response);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`The edge answers for https://${publicHost} at 127.0.0.1:${port}`);
});
