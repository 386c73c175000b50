import { RemovalPolicy, Stack, type CfnResource } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as iam from "aws-cdk-lib/aws-iam";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { TegataAuthorizer } from "./authorizer.ts";
import { acknowledge } from "./acknowledge.ts";
import type { ProviderFunctions } from "./functions.ts";
import { addGatewayResponses } from "./gateway-responses.ts";
import { ROUTES } from "./routes.ts";

/** The stage: part of the API's own address, never of the public one. */
export const STAGE = "prod";

/** Where requests come in. */
export interface ApiOptions {
  /**
   * Requests in a second, and at once, before API Gateway answers 429.
   *
   * @default 100 and 200
   */
  readonly throttle?: { readonly rate: number; readonly burst: number };
  /**
   * Whether to give API Gateway the role with which it writes logs, which is a setting of the whole account and region. Say no where
   * the account has one.
   *
   * @default true
   */
  readonly accountLogRole?: boolean;
  /** @default RetentionDays.THREE_MONTHS */
  readonly logRetention?: logs.RetentionDays;
}

export interface ProviderApiProps extends ApiOptions {
  /** An API without methods: {@link emptyRestApi}. */
  readonly api: apigateway.IRestApi;
  readonly functions: ProviderFunctions;
  readonly authorizer: TegataAuthorizer;
  readonly allowedOrigins?: readonly string[];
}

/** What stands for one request in the access log. No header, no query, no path with an id in it: no token can be there. */
const ACCESS_LOG = {
  requestId: "$context.requestId",
  time: "$context.requestTimeEpoch",
  address: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  route: "$context.resourcePath",
  status: "$context.status",
  error: "$context.error.responseType",
  authorizer: "$context.authorizer.status",
  subject: "$context.authorizer.principalId",
  latency: "$context.responseLatency",
  length: "$context.responseLength",
};

/** Every route of the HTTP interface, what API Gateway itself answers, and the stage that publishes them. */
export class ProviderApi extends Construct {
  readonly stage: apigateway.Stage;

  constructor(scope: Construct, id: string, props: ProviderApiProps) {
    super(scope, id);
    const { api } = props;
    const responses = addGatewayResponses(this, api, props.allowedOrigins ?? []);
    const methods = this.#addRoutes(props);

    // A stage serves a copy of the API, so a new copy is made whenever anything in it has changed.
    const deployment = new apigateway.Deployment(this, "Deployment", { api });
    for (const part of [...methods, ...responses]) {
      const resource = part.node.defaultChild as CfnResource;
      deployment.node.addDependency(part);
      deployment.addToLogicalId(Stack.of(this).resolve(resource._toCloudFormation()));
    }
    const accessLog = new logs.LogGroup(this, "AccessLog", {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stage = new apigateway.Stage(this, "Stage", {
      deployment,
      stageName: STAGE,
      throttlingRateLimit: props.throttle?.rate ?? 100,
      throttlingBurstLimit: props.throttle?.burst ?? 200,
      metricsEnabled: true,
      accessLogDestination: new apigateway.LogGroupLogDestination(accessLog),
      accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
    });
    if (props.accountLogRole ?? true) this.stage.node.addDependency(accountLogRole(this));
    acknowledge(this.stage, {
      "AwsSolutions-APIG3":
        "A web ACL belongs in front of CloudFront, where an operator can put one; the API answers nobody else.",
      "AwsSolutions-APIG6":
        "Execution logs hold the Authorization header and bodies with passwords. The access log has every request without them.",
    });
  }

  #addRoutes({ api, functions, authorizer, allowedOrigins }: ProviderApiProps): apigateway.Method[] {
    const paths = new Set<string>();
    return ROUTES.flatMap((route) => {
      const handler = functions.byName[route.function];
      if (handler === undefined) return [];
      const resource = api.root.resourceForPath(route.path);
      const integration = new apigateway.LambdaIntegration(handler, {
        // The console's test button would be allowed to call the functions, too.
        allowTestInvoke: false,
      });
      const method = resource.addMethod(
        route.method,
        integration,
        route.needsToken && { authorizer: authorizer.of(api) },
      );
      if (!route.needsToken)
        acknowledge(method, {
          "AwsSolutions-APIG4":
            "Where one gets a token, and what is public: there is no token to ask for yet.",
        });
      acknowledge(method, {
        "AwsSolutions-COG4": "The authorizer is Tegata's own: no pool of Cognito is involved.",
      });
      const hasPreflight = route.isPublic ?? (allowedOrigins?.length ?? 0) > 0;
      if (!hasPreflight || paths.has(route.path)) return [method];
      paths.add(route.path);
      // A preflight has no credentials (Fetch §3.3.5); whether the page may ask is the function's decision.
      const preflight = resource.addMethod("OPTIONS", integration);
      acknowledge(preflight, {
        "AwsSolutions-APIG4": "A preflight never has credentials.",
        "AwsSolutions-COG4": "A preflight never has credentials.",
      });
      return [method, preflight];
    });
  }
}

/**
 * An API without methods. It is made by itself because its address is needed before its functions are: CloudFront sends requests
 * to it, and the functions have to know CloudFront's address, which is the issuer.
 */
export function emptyRestApi(scope: Construct, id: string): apigateway.CfnRestApi {
  const api = new apigateway.CfnRestApi(scope, id, {
    name: "tegata",
    description: "Tegata: sign-up, login, tokens, accounts",
    endpointConfiguration: { types: ["REGIONAL"] },
  });
  acknowledge(api, {
    "AwsSolutions-APIG2":
      "The functions check every body themselves and name each wrong field; a schema here would only answer 400.",
  });
  return api;
}

function accountLogRole(scope: Construct): Construct {
  const role = new iam.Role(scope, "AccountLogRole", {
    assumedBy: new iam.ServicePrincipal("apigateway.amazonaws.com"),
    managedPolicies: [
      iam.ManagedPolicy.fromAwsManagedPolicyName("service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
    ],
  });
  acknowledge(role, {
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]":
      "API Gateway asks for the rights of exactly this policy before it accepts the role.",
  });
  const account = new apigateway.CfnAccount(scope, "Account", { cloudWatchRoleArn: role.roleArn });
  // Other APIs of the account write their logs with it, too, and would stop.
  role.applyRemovalPolicy(RemovalPolicy.RETAIN);
  account.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return account;
}
