import { runInNewContext } from "node:vm";
import { Stack, Validations } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import { Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, it } from "vitest";
import { addStacks } from "../lib/app.ts";
import { BEARER } from "../lib/constructs/authorizer.ts";
import { PAGES } from "../lib/constructs/web-distribution.ts";
import { Tegata, TegataAuthorizer } from "../lib/index.ts";
import { functions, newApp } from "./world.ts";

/** A developer's own stack with an API of two methods. */
function ownStack() {
  const stack = new Stack(newApp(), "Own");
  const api = new apigateway.RestApi(stack, "Orders");
  const orders = api.root.addResource("orders");
  orders.addMethod("GET");
  orders.addResource("{id}").addMethod("DELETE");
  return { stack, api };
}

const environmentsOf = (stack: Stack) =>
  Object.values(Template.fromStack(stack).findResources("AWS::Lambda::Function")).map(
    (made) =>
      (made as { Properties: { Environment?: { Variables: Record<string, string> } } }).Properties.Environment
        ?.Variables ?? {},
  );

describe("Tegata in a stack of one's own", () => {
  it("protects methods of one's API and tells the authorizer their scopes", () => {
    const { stack, api } = ownStack();
    const auth = new Tegata(stack, "Auth", { issuer: "https://auth.example.org", functions });
    auth.protect(api, {
      "GET /orders": ["orders:read"],
      "DELETE /orders/{id}": ["orders:write", "orders:read"],
    });
    const methods = Object.entries(Template.fromStack(stack).findResources("AWS::ApiGateway::Method"));
    const own = methods.filter(([name]) => name.startsWith("Orders")).map(([, method]) => method);
    expect(own).toHaveLength(2);
    for (const method of own) expect(method).toMatchObject({ Properties: { AuthorizationType: "CUSTOM" } });
    const routes = environmentsOf(stack).flatMap(({ TEGATA_ROUTES }) =>
      TEGATA_ROUTES ? [JSON.parse(TEGATA_ROUTES) as unknown] : [],
    );
    expect(routes).toEqual([
      {
        "GET /users": ["users:read"],
        "GET /orders": ["orders:read"],
        "DELETE /orders/{id}": ["orders:write", "orders:read"],
      },
    ]);
  });

  it("publishes the API anew when its protection changes", () => {
    const deploymentOf = (scopes: string[] | undefined) => {
      const { stack, api } = ownStack();
      const auth = new Tegata(stack, "Auth", { issuer: "https://auth.example.org", functions });
      if (scopes) auth.protect(api, { "GET /orders": scopes });
      return Object.keys(Template.fromStack(stack).findResources("AWS::ApiGateway::Deployment")).filter(
        (id) => id.startsWith("Orders"),
      );
    };
    expect(deploymentOf(["orders:read"])).not.toEqual(deploymentOf(undefined));
  });

  it("refuses to protect a method that is not there, or a route that is no route", () => {
    const { stack, api } = ownStack();
    const auth = new Tegata(stack, "Auth", { issuer: "https://auth.example.org", functions });
    expect(() => auth.protect(api, { "POST /orders": [] })).toThrow("no such method");
    expect(() => auth.protect(api, { "/orders": [] })).toThrow("a route is written as");
    auth.protect(api, { "GET /orders": ["orders:read"] });
    expect(() => auth.protect(api, { "GET /orders": ["orders:write"] })).toThrow("one list of scopes");
  });

  it("refuses an issuer that no token would have", () => {
    const { stack } = ownStack();
    expect(() => new Tegata(stack, "Auth", { issuer: "https://auth.example.org/", functions })).toThrow(
      "no slash",
    );
  });

  it("says what is missing when the functions are not built", () => {
    const { stack } = ownStack();
    expect(() => new Tegata(stack, "Auth", { issuer: "https://a.example", functions: "/nowhere" })).toThrow(
      "cargo xtask lambda",
    );
  });
});

describe("the authorizer alone", () => {
  const cognito = {
    issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example",
    clientIds: ["client"],
    kind: "cognito",
  } as const;

  it("takes tokens of Cognito and Auth0 without a table, a key or a job", () => {
    const { stack, api } = ownStack();
    const authorizer = new TegataAuthorizer(stack, "Authorizer", {
      issuers: [
        cognito,
        { issuer: "https://tenant.eu.auth0.com/", audiences: ["https://api"], kind: "auth0" },
      ],
      functions,
    });
    authorizer.protect(api, { "GET /orders": [] });
    const template = Template.fromStack(stack);
    template.resourceCountIs("AWS::Lambda::Function", 1);
    template.resourceCountIs("AWS::DynamoDB::GlobalTable", 0);
    const [variables] = environmentsOf(stack);
    expect(variables?.["TEGATA_JWKS"]).toBeUndefined();
    expect(JSON.parse(String(variables?.["TEGATA_ISSUERS"]))).toEqual([
      { kind: "cognito", issuer: cognito.issuer, client_ids: ["client"] },
      { kind: "auth0", issuer: "https://tenant.eu.auth0.com/", audiences: ["https://api"] },
    ]);
  });

  it("refuses to accept nobody", () => {
    const { stack } = ownStack();
    expect(() => new TegataAuthorizer(stack, "Authorizer", { functions })).toThrow("needs an issuer");
  });

  it("serves several APIs with one function", () => {
    const { stack, api } = ownStack();
    const other = new apigateway.RestApi(stack, "Other");
    other.root.addMethod("GET");
    const authorizer = new TegataAuthorizer(stack, "Authorizer", { issuers: [cognito], functions });
    authorizer.protect(api, { "GET /orders": [] });
    authorizer.protect(other, { "GET /": [] });
    const template = Template.fromStack(stack);
    template.resourceCountIs("AWS::ApiGateway::Authorizer", 2);
    template.resourceCountIs("AWS::Lambda::Function", 1);
  });

  it("has room for so many routes and no more", () => {
    const app = newApp();
    const stack = new Stack(app, "Own");
    const routes = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`GET /resource-${n}/items`, ["items:read"]]),
    );
    new TegataAuthorizer(stack, "Authorizer", { issuers: [cognito], routes, functions });
    expect(() => app.synth()).toThrow("bytes of the function's environment");
  });

  it.each([
    ["Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2ln", true],
    ["bearer eyJ", false],
    ["Bearer ", false],
    ["Bearer a b", false],
    ["Basic YTpi", false],
    ["Bearer <script>", false],
  ])("is asked about `%s`: %s", (header, isAsked) => {
    expect(new RegExp(BEARER).test(header)).toBe(isAsked);
  });
});

describe("the function at the edge", () => {
  const uri = (path: string) => {
    const handler = runInNewContext(`${PAGES}; handler`) as (event: object) => { uri: string };
    return handler({ request: { uri: path } }).uri;
  };

  it("gives every page index.html and every file itself", () => {
    for (const page of ["/", "/login", "/no/such/page", "/a.b/c"])
      expect(uri(page), page).toBe("/index.html");
    for (const file of ["/assets/index-1.js", "/favicon.ico"]) expect(uri(file)).toBe(file);
  });
});

describe("the rules of cdk-nag", () => {
  it("hold, or it is said why not", () => {
    const app = newApp();
    addStacks(app);
    expect(() => app.synth()).not.toThrow();
  });

  it("are really asked", () => {
    const app = newApp();
    new apigateway.RestApi(new Stack(app, "Own"), "Orders").root.addMethod("GET");
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).toThrow();
  });
});
