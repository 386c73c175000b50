import * as apigateway from "aws-cdk-lib/aws-apigateway";
import { Construct } from "constructs";
import { TegataAlarms, type AlarmOptions } from "./alarms.ts";
import { TegataAuthorizer, type ForeignIssuer, type RouteScopes } from "./authorizer.ts";
import { ProviderFunctions, type ProviderSettings } from "./functions.ts";
import { KeyRotation } from "./key-rotation.ts";
import { LogoutNotices } from "./logout-notices.ts";
import { emptyRestApi, ProviderApi, type ApiOptions } from "./provider-api.ts";
import { ROUTES } from "./routes.ts";
import type { FunctionOptions } from "./rust-function.ts";
import { TegataTables, type TegataData } from "./tables.ts";

export interface TegataProps extends ProviderSettings, FunctionOptions, ApiOptions {
  /**
   * The tables and the KMS key.
   *
   * @default made here, and retained when the stack is deleted
   */
  readonly tables?: TegataData;
  /**
   * An API without methods, to put the routes into.
   *
   * @default made here
   */
  readonly api?: apigateway.IRestApi;
  /**
   * Others whose access tokens the authorizer accepts, too.
   *
   * @default none
   */
  readonly issuers?: readonly ForeignIssuer[];
  /** @default no limit but that of the account */
  readonly passwordConcurrency?: number;
  /** @default alarms without a topic */
  readonly alarms?: AlarmOptions;
}

/**
 * Tegata on Lambda: sign-up, login, tokens, accounts, and an authorizer for one's own APIs.
 *
 * @example
 * const auth = new Tegata(this, "Auth", { issuer: "https://auth.example.org" });
 * const orders = api.root.addResource("orders");
 * orders.addMethod("GET", new apigateway.LambdaIntegration(listOrders));
 * auth.protect(api, { "GET /orders": ["orders:read"] });
 */
export class Tegata extends Construct {
  readonly tables: TegataData;
  readonly functions: ProviderFunctions;
  /** For methods that are added by hand: `addMethod("GET", integration, { authorizer: auth.authorizer.of(api) })`. */
  readonly authorizer: TegataAuthorizer;
  readonly keyRotation: KeyRotation;
  /** The provider's own API and its stage. */
  readonly api: apigateway.IRestApi;
  readonly stage: apigateway.Stage;
  readonly alarms: TegataAlarms;

  constructor(scope: Construct, id: string, props: TegataProps) {
    super(scope, id);
    if (props.issuer.endsWith("/")) throw new Error(`the issuer has no slash at its end: ${props.issuer}`);
    if (props.settings && "oauth.enabled" in props.settings)
      throw new Error(
        "whether there is an OpenID Provider is said by `oauth: { enabled }`: routes depend on it",
      );
    this.tables = props.tables ?? new TegataTables(this, "Tables");
    this.functions = new ProviderFunctions(this, "Functions", { ...props, tables: this.tables });
    this.authorizer = new TegataAuthorizer(this, "Authorizer", {
      ...props,
      own: { issuer: props.issuer, ...(props.audience !== undefined && { audience: props.audience }) },
      routes: Object.fromEntries(
        ROUTES.flatMap(({ method, path, scopes }) => (scopes ? [[`${method} ${path}`, scopes]] : [])),
      ),
    });
    this.keyRotation = new KeyRotation(this, "Keys", {
      ...props,
      tables: this.tables,
      authorizer: this.authorizer.function,
    });
    const { oauth } = this.functions.byName;
    if (oauth) new LogoutNotices(this, "LogoutNotices", { function: oauth });
    this.api = props.api ?? this.#ownApi();
    const { stage } = new ProviderApi(this, "Api", {
      ...props,
      api: this.api,
      functions: this.functions,
      authorizer: this.authorizer,
    });
    this.stage = stage;
    this.alarms = new TegataAlarms(this, "Alarms", {
      ...props.alarms,
      functions: { ...this.functions.byName, rotateKeys: this.keyRotation.function },
      authorizer: this.authorizer.function,
      stage,
      table: this.tables.data,
      logGroups: this.functions.logGroups,
    });
  }

  /** Lets only requests with a valid access token, and these scopes, through to methods of one's own API. */
  protect(api: apigateway.RestApi, routes: RouteScopes): void {
    this.authorizer.protect(api, routes);
  }

  #ownApi(): apigateway.IRestApi {
    const api = emptyRestApi(this, "RestApi");
    return apigateway.RestApi.fromRestApiAttributes(this, "OwnRestApi", {
      restApiId: api.ref,
      rootResourceId: api.attrRootResourceId,
    });
  }
}
