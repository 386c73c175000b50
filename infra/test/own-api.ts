// An application as a developer has one: its own API, with Tegata before it. `cargo xtask e2e-aws` deploys it.
import { App, CfnOutput, CliCredentialsStackSynthesizer, RemovalPolicy, Stack } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as lambda from "aws-cdk-lib/aws-lambda";
import { addGatewayResponses, Tegata, TegataTables } from "../lib/index.ts";

const app = new App();
const stack = new Stack(app, "OwnApi", { synthesizer: new CliCredentialsStackSynthesizer() });

/** Says who asks, as far as API Gateway tells it. */
const whoAsks = new lambda.Function(stack, "WhoAsks", {
  runtime: lambda.Runtime.NODEJS_24_X,
  handler: "index.handler",
  code: lambda.Code.fromInline(
    "exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event.requestContext.authorizer) });",
  ),
});
const api = new apigateway.RestApi(stack, "Orders", { cloudWatchRole: false });
const orders = api.root.addResource("orders");
const integration = new apigateway.LambdaIntegration(whoAsks);
orders.addMethod("GET", integration);
orders.addMethod("POST", integration);
orders.addResource("public").addMethod("GET", integration);

const auth = new Tegata(stack, "Auth", {
  issuer: "https://auth.example.org",
  architecture: lambda.Architecture.X86_64,
  functions: String(app.node.tryGetContext("functions")),
  tables: new TegataTables(stack, "Tables", { removalPolicy: RemovalPolicy.DESTROY }),
  accountLogRole: false,
});
auth.protect(api, { "GET /orders": [], "POST /orders": ["orders:write"] });
addGatewayResponses(stack, api, []);

new CfnOutput(stack, "OrdersId", { value: api.restApiId });
new CfnOutput(stack, "AuthId", { value: auth.api.restApiId });
