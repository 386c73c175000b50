import * as apigateway from "aws-cdk-lib/aws-apigateway";
import type { Construct } from "constructs";

/** What API Gateway answers by itself, in the form of all other errors (RFC 9457), with the request's id. */
function problem(status: number, title: string, code: string, detail: string) {
  // `$context.requestId` is API Gateway's to fill in, and holds no quotation mark.
  return JSON.stringify({
    type: "about:blank",
    title,
    status,
    detail,
    code,
    request_id: "$context.requestId",
  });
}

/**
 * Answers for requests that no function sees, in the form of all of Tegata's errors: for one's own API, too.
 *
 * One 401 for all causes: API Gateway cannot tell a token that is missing from one that is not valid.
 */
export function addGatewayResponses(
  scope: Construct,
  api: apigateway.IRestApi,
  allowedOrigins: readonly string[],
): apigateway.GatewayResponse[] {
  const { ResponseType: type } = apigateway;
  const headers = { ...quoted(securityHeaders()), ...quoted(corsHeaders(allowedOrigins)) };
  const respond = (
    name: string,
    responseType: apigateway.ResponseType,
    statusCode: number | undefined,
    template: string | undefined,
    extra: Record<string, string> = {},
  ) =>
    new apigateway.GatewayResponse(scope, name, {
      restApi: api,
      type: responseType,
      ...(statusCode !== undefined && { statusCode: String(statusCode) }),
      responseHeaders: {
        ...headers,
        ...(template !== undefined && { "Content-Type": "'application/problem+json'" }),
        ...quoted(extra),
      },
      ...(template !== undefined && { templates: { "application/json": template } }),
    });
  return [
    respond(
      "Unauthorized",
      type.UNAUTHORIZED,
      401,
      problem(401, "Unauthorized", "invalid_token", "the access token is missing or not valid"),
      // RFC 6750 §3.1.
      { "WWW-Authenticate": 'Bearer error="invalid_token"' },
    ),
    respond(
      "AccessDenied",
      type.ACCESS_DENIED,
      403,
      problem(403, "Forbidden", "insufficient_scope", "the access token lacks a scope"),
      { "WWW-Authenticate": 'Bearer error="insufficient_scope"' },
    ),
    respond(
      "NotFound",
      // What API Gateway calls a route that it does not have.
      type.MISSING_AUTHENTICATION_TOKEN,
      404,
      problem(404, "Not Found", "not_found", "there is no such thing"),
    ),
    respond(
      "AuthorizerFailure",
      type.AUTHORIZER_FAILURE,
      // Our fault, not the token's: a client must keep its session and try again.
      503,
      problem(
        503,
        "Service Unavailable",
        "temporarily_unavailable",
        "the service cannot answer now, try again soon",
      ),
      { "Retry-After": "5" },
    ),
    respond("Default4xx", type.DEFAULT_4XX, undefined, undefined),
    respond("Default5xx", type.DEFAULT_5XX, undefined, undefined),
  ];
}

function securityHeaders() {
  return {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  };
}

/**
 * With these, a page of an allowed origin can read that it was refused. Their values are constant, and never the request's own
 * `Origin`: of several allowed origins, only the first can.
 */
function corsHeaders(allowedOrigins: readonly string[]): Record<string, string> {
  const [origin] = allowedOrigins;
  if (origin === undefined) return {};
  return {
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate",
    Vary: "Origin",
  };
}

/** API Gateway takes a constant in quotation marks. */
function quoted(headers: Record<string, string>) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, `'${value}'`]));
}
