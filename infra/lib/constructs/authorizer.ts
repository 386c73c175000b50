import { Duration, Lazy } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { RustFunction, type FunctionOptions } from "./rust-function.ts";

/** `"GET /orders"` → the scopes that a token needs; an empty list asks for a valid token only. */
export type RouteScopes = Readonly<Record<string, readonly string[]>>;

/** Somebody else whose access tokens are accepted (docs/guides/authorizer.md). */
export interface ForeignIssuer {
  readonly kind: "cognito" | "auth0" | "oidc";
  /** What stands in the token as `iss`, to the letter: Auth0's has a slash at its end, Cognito's has none. */
  readonly issuer: string;
  /**
   * One of them must be in `aud`: your API, never a client. Required but for Cognito.
   *
   * @default none
   */
  readonly audiences?: readonly string[];
  /**
   * Cognito only, whose access tokens have no `aud`: whose tokens they may be.
   *
   * @default none
   */
  readonly clientIds?: readonly string[];
  /** @default RS256 */
  readonly algorithms?: readonly string[];
  /**
   * Where its public keys are; required for `oidc`.
   *
   * @default known for Cognito and Auth0
   */
  readonly jwksUri?: string;
  /** @default "scope" */
  readonly scopeClaim?: string;
  /**
   * Seconds that its clock may be off.
   *
   * @default 0
   */
  readonly leeway?: number;
}

export interface TegataAuthorizerProps extends FunctionOptions {
  /**
   * The Tegata whose tokens are accepted. Its public keys are given to the function by key rotation.
   *
   * @default none: give `issuers`
   */
  readonly own?: { readonly issuer: string; readonly audience?: string };
  /**
   * Others whose tokens are accepted. With any, the function that can fetch keys over HTTPS is deployed.
   *
   * @default none
   */
  readonly issuers?: readonly ForeignIssuer[];
  /**
   * Routes that need more than a valid token. {@link TegataAuthorizer.protect} adds to them.
   *
   * @default none
   */
  readonly routes?: RouteScopes;
  /**
   * How long API Gateway remembers an answer. For so long it lets in a token that has expired or whose session has ended, so a
   * function that needs it exact verifies the token itself.
   *
   * @default 60 s
   */
  readonly cacheTtl?: Duration;
}

/** What is not even shown to the function (RFC 6750 §2.1). */
export const BEARER = "^Bearer [-0-9A-Za-z._~+/]+=*$";

/** Lambda allows 4 KB for the whole environment, and the public keys need their place. */
const MAX_ENVIRONMENT = 2_500;

/**
 * The authorizer of API Gateway: verifies an access token, without a network, a table or a key of KMS.
 *
 * It serves any number of REST APIs of its account and region.
 */
export class TegataAuthorizer extends Construct {
  /** The function behind it. */
  readonly function: lambda.Function;
  readonly logGroup: RustFunction["logGroup"];
  readonly #routes = new Map<string, readonly string[]>();
  readonly #attached = new Map<apigateway.IRestApi, apigateway.TokenAuthorizer>();
  readonly #cacheTtl: Duration;

  constructor(scope: Construct, id: string, props: TegataAuthorizerProps) {
    super(scope, id);
    const foreign = props.issuers ?? [];
    if (props.own === undefined && foreign.length === 0)
      throw new Error("an authorizer needs an issuer whose tokens it accepts: `own` or `issuers`");
    this.#cacheTtl = props.cacheTtl ?? Duration.seconds(60);
    const made = new RustFunction(this, "Authorizer", {
      ...props,
      binary: foreign.length > 0 ? "authorizer-federated" : "authorizer",
      description: "Tegata: verifies access tokens for API Gateway",
      memorySize: 256,
      environment: {
        ...(props.own && {
          TEGATA_ISSUER: props.own.issuer,
          ...(props.own.audience !== undefined && { TEGATA_AUDIENCE: props.own.audience }),
          // Until key rotation has been here: with no keys at all, every answer is "not now" and none is "not you".
          TEGATA_JWKS: '{"keys":[]}',
        }),
        ...(foreign.length > 0 && { TEGATA_ISSUERS: JSON.stringify(foreign.map(toWire)) }),
        TEGATA_ROUTES: Lazy.string({ produce: () => JSON.stringify(Object.fromEntries(this.#routes)) }),
      },
    });
    this.function = made.function;
    this.logGroup = made.logGroup;
    for (const [route, scopes] of Object.entries(props.routes ?? {})) this.#addRoute(route, scopes);
    this.node.addValidation({
      validate: () => {
        const size = JSON.stringify([foreign.map(toWire), [...this.#routes]]).length;
        return size > MAX_ENVIRONMENT
          ? [
              `issuers and routes take ${size} bytes of the function's environment; there is room for ${MAX_ENVIRONMENT}`,
            ]
          : [];
      },
    });
  }

  /** The authorizer as this API knows it, for `addMethod(…, { authorizer })`. */
  of(api: apigateway.IRestApi): apigateway.TokenAuthorizer {
    let authorizer = this.#attached.get(api);
    if (authorizer === undefined) {
      const name = this.#attached.size === 0 ? "Token" : `Token${api.node.addr.slice(-8)}`;
      authorizer = new apigateway.TokenAuthorizer(this, name, {
        handler: this.function,
        identitySource: apigateway.IdentitySource.header("Authorization"),
        validationRegex: BEARER,
        resultsCacheTtl: this.#cacheTtl,
      });
      this.#attached.set(api, authorizer);
    }
    return authorizer;
  }

  /**
   * Lets only requests with a valid access token with these scopes through to methods of an API.
   *
   * The methods have to be there already. Behind it, `event.requestContext.authorizer.sub` says who is asking.
   */
  protect(api: apigateway.RestApi, routes: RouteScopes): void {
    const authorizer = this.of(api);
    // Bound by hand to methods that exist; `addMethod` does it for new ones.
    authorizer._attachToApi(api);
    for (const [route, scopes] of Object.entries(routes)) {
      const { method, path } = parseRoute(route);
      const found = api.methods.find(
        (candidate) => candidate.httpMethod === method && candidate.resource.path === path,
      );
      if (found === undefined)
        throw new Error(`${route}: the API has no such method; add it before it is protected`);
      const resource = found.node.defaultChild as apigateway.CfnMethod;
      resource.authorizationType = apigateway.AuthorizationType.CUSTOM;
      resource.authorizerId = authorizer.authorizerId;
      this.#addRoute(route, scopes);
    }
    // A deployment is a copy: it has to be made anew when who is asked for a token changes.
    api.latestDeployment?.addToLogicalId({ protected: routes });
  }

  #addRoute(route: string, scopes: readonly string[]): void {
    parseRoute(route);
    const known = this.#routes.get(route);
    if (known !== undefined && known.join(" ") !== scopes.join(" "))
      throw new Error(`${route}: one authorizer has one list of scopes for a route; use another authorizer`);
    // Without scopes a valid token is enough, which is what a route that is not in the list gets.
    if (scopes.length > 0) this.#routes.set(route, scopes);
  }
}

function parseRoute(route: string) {
  const [method, path, ...rest] = route.split(" ");
  if (
    !method ||
    !/^(ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method) ||
    !path?.startsWith("/") ||
    rest.length
  )
    throw new Error(`${route}: a route is written as "GET /orders/{id}"`);
  return { method, path };
}

/** The JSON that the function reads. Members that are not set are not written. */
function toWire(issuer: ForeignIssuer) {
  const { clientIds, jwksUri, scopeClaim, ...rest } = issuer;
  return { ...rest, client_ids: clientIds, jwks_uri: jwksUri, scope_claim: scopeClaim };
}
