import { readFileSync } from "node:fs";
import { Match, type Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { JWKS_PATH, OAUTH_PATH, ROUTES } from "../lib/constructs/routes.ts";
import { templates } from "./world.ts";

const { data, edge, api } = templates();

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}

const all = (template: Template, type: string) => Object.values(template.findResources(type)) as Resource[];

describe("data", () => {
  it("tables outlive the stack, cannot be deleted by mistake, and can be put back to any second", () => {
    const tables = all(data, "AWS::DynamoDB::GlobalTable");
    expect(tables).toHaveLength(3);
    for (const { DeletionPolicy, Properties } of tables) {
      expect(DeletionPolicy).toBe("Retain");
      expect(Properties["BillingMode"]).toBe("PAY_PER_REQUEST");
      expect(Properties["Replicas"]).toMatchObject([
        {
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ]);
    }
  });

  it("only sessions and counters go by themselves", () => {
    const withTtl = all(data, "AWS::DynamoDB::GlobalTable").filter(
      ({ Properties }) => "TimeToLiveSpecification" in Properties,
    );
    expect(withTtl).toHaveLength(1);
    expect(withTtl[0]?.Properties["TimeToLiveSpecification"]).toEqual({
      AttributeName: "ttl",
      Enabled: true,
    });
  });

  it("the master key's key outlives the stack and is rotated", () => {
    data.hasResource("AWS::KMS::Key", { DeletionPolicy: "Retain", Properties: { EnableKeyRotation: true } });
  });

  it("is given up only when that is asked for", () => {
    const { data: given } = templates({ data: "destroy" });
    for (const { DeletionPolicy, Properties } of all(given, "AWS::DynamoDB::GlobalTable")) {
      expect(DeletionPolicy).toBe("Delete");
      expect(Properties["Replicas"]).toMatchObject([{ DeletionProtectionEnabled: false }]);
    }
  });

  it("that are there already are used, and left alone", () => {
    const masterKey = "arn:aws:kms:eu-west-1:123456789012:key/k";
    const { data: none, api: using } = templates({
      tables: JSON.stringify({ data: "restored", keys: "k", publicKeys: "p", masterKey }),
    });
    expect(none.toJSON()).toEqual(expect.not.objectContaining({ Resources: expect.anything() as unknown }));
    using.hasResourceProperties("AWS::Lambda::Function", {
      Environment: {
        Variables: Match.objectLike({ TEGATA_TABLE: "restored", TEGATA_KMS_KEY_ID: masterKey }),
      },
    });
    using.hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Action: "kms:Decrypt", Resource: masterKey })]),
      },
    });
  });

  it("nothing else is retained but what other APIs of the account use", () => {
    for (const template of [edge, api])
      for (const [name, resource] of Object.entries(
        template.toJSON()["Resources"] as Record<string, Resource>,
      ))
        if (resource.DeletionPolicy === "Retain") expect(name).toMatch(/ApiAccount/);
  });
});

describe("edge", () => {
  it("the bucket is nobody's but CloudFront's", () => {
    edge.hasResourceProperties("AWS::S3::Bucket", {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const [policy] = all(edge, "AWS::S3::BucketPolicy");
    const { Statement } = policy?.Properties["PolicyDocument"] as { Statement: Record<string, unknown>[] };
    const allowed = Statement.filter(({ Effect }) => Effect === "Allow");
    expect(allowed).toMatchObject([
      {
        Action: "s3:GetObject",
        Principal: { Service: "cloudfront.amazonaws.com" },
        Condition: { StringEquals: {} },
      },
    ]);
    expect(JSON.stringify(allowed)).toContain("AWS:SourceArn");
    expect(Statement).toContainEqual(
      expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
    );
  });

  it("no error of the API is turned into a page", () => {
    edge.hasResourceProperties("AWS::CloudFront::Distribution", {
      DistributionConfig: Match.objectLike({ CustomErrorResponses: Match.absent() }),
    });
  });

  it("the API hears who is asking and what it needs, and never the public host name", () => {
    const requests = all(edge, "AWS::CloudFront::OriginRequestPolicy");
    expect(requests).toHaveLength(2);
    for (const { Properties } of requests) {
      const config = Properties["OriginRequestPolicyConfig"] as {
        HeadersConfig: { HeaderBehavior: string; Headers: string[] };
        CookiesConfig: object;
        QueryStringsConfig: object;
      };
      expect(config.HeadersConfig.HeaderBehavior).toBe("whitelist");
      expect(config.HeadersConfig.Headers).toContain("CloudFront-Viewer-Address");
      // More than ten are refused by CloudFront.
      expect(config.HeadersConfig.Headers.length).toBeLessThanOrEqual(10);
      expect(config.HeadersConfig.Headers.join()).not.toMatch(/\bhost\b|forwarded/i);
      expect(config).toMatchObject({
        CookiesConfig: { CookieBehavior: "all" },
        QueryStringsConfig: { QueryStringBehavior: "all" },
      });
    }
    edge.hasResourceProperties("AWS::CloudFront::CachePolicy", {
      CachePolicyConfig: {
        MaxTTL: 1,
        DefaultTTL: 0,
        ParametersInCacheKeyAndForwardedToOrigin: { HeadersConfig: { Headers: ["Authorization", "Origin"] } },
      },
    });
  });

  it("the provider hears the proof of a key and the language of a visitor, and its pages have the last word", () => {
    const named = (type: string, id: string) => edge.findResources(type)[id] as Resource;
    const [distribution] = all(edge, "AWS::CloudFront::Distribution");
    const { CacheBehaviors } = distribution?.Properties["DistributionConfig"] as {
      CacheBehaviors: Record<string, unknown>[];
    };
    const oauth = CacheBehaviors.find(({ PathPattern }) => PathPattern === OAUTH_PATH);
    const policy = (name: string) => (oauth?.[name] as { Ref: string }).Ref;
    expect(oauth?.["AllowedMethods"]).toEqual(
      expect.arrayContaining(["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
    );

    const request = named("AWS::CloudFront::OriginRequestPolicy", policy("OriginRequestPolicyId"));
    expect(JSON.stringify(request)).toContain('"DPoP"');
    expect(JSON.stringify(request)).toContain('"Accept-Language"');
    const cache = named("AWS::CloudFront::CachePolicy", policy("CachePolicyId"));
    expect(cache.Properties["CachePolicyConfig"]).toMatchObject({ DefaultTTL: 0, MinTTL: 0 });
    expect(JSON.stringify(cache)).toContain('"Authorization"');

    const headers = JSON.stringify(
      named("AWS::CloudFront::ResponseHeadersPolicy", policy("ResponseHeadersPolicyId")),
    );
    expect(headers).toContain('"Override":false');
    expect(headers).not.toContain('"Override":true');
    for (const { PathPattern, ResponseHeadersPolicyId } of CacheBehaviors.filter((one) => one !== oauth)) {
      const { Ref } = ResponseHeadersPolicyId as { Ref: string };
      const others = JSON.stringify(named("AWS::CloudFront::ResponseHeadersPolicy", Ref));
      expect(others, String(PathPattern)).not.toContain('"Override":false');
    }
    expect(CacheBehaviors.map(({ PathPattern }) => PathPattern)).toContain(JWKS_PATH);
  });

  it("every route has a behaviour that leads to the API", () => {
    const [distribution] = all(edge, "AWS::CloudFront::Distribution");
    const { CacheBehaviors } = distribution?.Properties["DistributionConfig"] as {
      CacheBehaviors: { PathPattern: string }[];
    };
    const patterns = CacheBehaviors.map(({ PathPattern }) => PathPattern);
    for (const { path } of ROUTES) {
      const isCovered = patterns.some(
        (pattern) => pattern === path || (pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1))),
      );
      expect(isCovered, path).toBe(true);
    }
  });

  it("sends the headers of the one-machine server, word for word", () => {
    const source = readFileSync(
      new URL("../../crates/tegata-http/src/edge/security_headers.rs", import.meta.url),
      "utf8",
    ).replaceAll(/\\\n\s*/g, "");
    // Every text in quotation marks; those with a dash and a value in it are what is sent.
    const sent = new Set(source.match(/(?<=")(?:[^"\\\n])+(?=")/g));
    const policies = all(edge, "AWS::CloudFront::ResponseHeadersPolicy");
    expect(policies).toHaveLength(2);
    for (const policy of policies) {
      const config = policy.Properties["ResponseHeadersPolicyConfig"] as {
        SecurityHeadersConfig: {
          ContentSecurityPolicy: { ContentSecurityPolicy: string };
          ReferrerPolicy: { ReferrerPolicy: string };
          StrictTransportSecurity: { AccessControlMaxAgeSec: number; IncludeSubdomains: boolean };
        };
        CustomHeadersConfig: { Items: { Header: string; Value: string }[] };
      };
      const { ContentSecurityPolicy, ReferrerPolicy, StrictTransportSecurity } = config.SecurityHeadersConfig;
      expect(sent).toContain(ContentSecurityPolicy.ContentSecurityPolicy);
      expect(sent).toContain(ReferrerPolicy.ReferrerPolicy);
      expect(StrictTransportSecurity.IncludeSubdomains).toBe(true);
      expect(sent).toContain(`max-age=${StrictTransportSecurity.AccessControlMaxAgeSec}; includeSubDomains`);
      for (const { Header, Value } of config.CustomHeadersConfig.Items) {
        expect(source).toMatch(new RegExp(Header.replaceAll("-", "[-_]"), "i"));
        expect(sent, Header).toContain(Value);
      }
      expect(config.CustomHeadersConfig.Items).toHaveLength(3);
    }
  });
});

describe("api", () => {
  it("every route has its method, and those that need a token have the authorizer", () => {
    const methods = all(api, "AWS::ApiGateway::Method");
    const preflights = methods.filter(({ Properties }) => Properties["HttpMethod"] === "OPTIONS");
    expect(preflights, "an application in a browser is a client, too").toHaveLength(1);
    expect(methods).toHaveLength(ROUTES.length + preflights.length);
    const guarded = methods.filter(({ Properties }) => Properties["AuthorizationType"] === "CUSTOM");
    expect(guarded).toHaveLength(ROUTES.filter(({ needsToken }) => needsToken).length);
  });

  it("without an OpenID Provider there is no function and no route of it, and everybody knows", () => {
    const { api: without } = templates({ oauth: "false" });
    expect(JSON.stringify(without)).not.toContain("OAuthFunction");
    const methods = all(without, "AWS::ApiGateway::Method");
    expect(methods).toHaveLength(ROUTES.filter((route) => route.function !== "oauth").length);
    const told = all(without, "AWS::Lambda::Function").filter(({ Properties }) =>
      JSON.stringify(Properties["Environment"] ?? {}).includes('"TEGATA_OAUTH__ENABLED":"false"'),
    );
    expect(told, "the metadata and the keys depend on it").toHaveLength(5);
    expect(JSON.stringify(without)).not.toContain("deliver_logout_notices");
    expect(() => templates({ settings: '{"oauth.enabled":"false"}' })).toThrow("oauth: { enabled }");
  });

  it("what registers clients is told to one function, and is not in the template", () => {
    const { api: told } = templates({ registrationTokenSecret: "tegata/registration" });
    const [variables, ...others] = all(told, "AWS::Lambda::Function")
      .map(({ Properties }) => JSON.stringify(Properties["Environment"] ?? {}))
      .filter((one) => one.includes("TEGATA_OAUTH__REGISTRATION_TOKEN"));
    expect(others).toEqual([]);
    expect(variables).toContain("{{resolve:secretsmanager:tegata/registration");
  });

  it("the authorizer is asked only for what looks like a token, and remembered for a minute", () => {
    api.hasResourceProperties("AWS::ApiGateway::Authorizer", {
      Type: "TOKEN",
      AuthorizerResultTtlInSeconds: 60,
      IdentitySource: "method.request.header.Authorization",
      IdentityValidationExpression: "^Bearer [-0-9A-Za-z._~+/]+=*$",
    });
  });

  it("a refusal says how to do better, and an unknown route is not found", () => {
    api.hasResourceProperties("AWS::ApiGateway::GatewayResponse", {
      ResponseType: "UNAUTHORIZED",
      StatusCode: "401",
      ResponseParameters: Match.objectLike({
        "gatewayresponse.header.WWW-Authenticate": "'Bearer error=\"invalid_token\"'",
      }),
    });
    api.hasResourceProperties("AWS::ApiGateway::GatewayResponse", {
      ResponseType: "MISSING_AUTHENTICATION_TOKEN",
      StatusCode: "404",
    });
  });

  it("no token, header, query or id can get into the access log", () => {
    const [stage] = all(api, "AWS::ApiGateway::Stage");
    const { Format } = stage?.Properties["AccessLogSetting"] as { Format: string };
    for (const secret of ["header", "querystring", "$context.path", "$context.authorizer.claims", "body"])
      expect(Format).not.toContain(secret);
    const settings = JSON.stringify(stage?.Properties["MethodSettings"]);
    expect(settings).not.toMatch(/DataTraceEnabled":true|LoggingLevel":"(INFO|ERROR)/);
    expect(settings).toContain('"ThrottlingRateLimit":100');
  });

  it("functions that hash passwords have a whole processor, the others have not", () => {
    const sizes = all(api, "AWS::Lambda::Function")
      .filter(({ Properties }) => Properties["Runtime"] === "provided.al2023")
      .map(({ Properties }) => Properties["MemorySize"])
      .sort((a, b) => Number(a) - Number(b));
    expect(sizes).toEqual([256, 256, 256, 256, 1769, 1769, 1769]);
  });

  it("logs end some day", () => {
    for (const { Properties } of all(api, "AWS::Logs::LogGroup"))
      expect(Properties["RetentionInDays"]).toBe(90);
  });

  it("the keys are made at deployment, and again whenever the authorizer is set otherwise", () => {
    const [trigger] = all(api, "Custom::Trigger");
    const [name] = Object.keys(api.findResources("AWS::Lambda::Function")).filter((id) =>
      /TegataAuthorizerFunction/.test(id),
    );
    const authorizer = api.findResources("AWS::Lambda::Function")[String(name)] as Resource;
    const watched = trigger?.Properties["Watched"] as Record<string, unknown>;
    for (const property of ["MemorySize", "Timeout", "Description"])
      expect(watched[property], property).toEqual(authorizer.Properties[property]);
    // CDK writes the names of nested properties there as it does in code.
    const { Variables } = authorizer.Properties["Environment"] as { Variables: unknown };
    expect(watched["Environment"]).toEqual({ variables: Variables });
    expect(watched["LoggingConfig"]).toBeDefined();
  });

  it("applications hear of logouts without anybody's request, from the function that signs for it", () => {
    const rules = all(api, "AWS::Events::Rule").filter(({ Properties }) =>
      JSON.stringify(Properties["Targets"]).includes("deliver_logout_notices"),
    );
    expect(rules).toMatchObject([
      {
        Properties: {
          ScheduleExpression: "rate(5 minutes)",
          State: "ENABLED",
          Targets: [{ Input: '{"job":"deliver_logout_notices"}', RetryPolicy: { MaximumRetryAttempts: 0 } }],
        },
      },
    ]);
    expect(JSON.stringify(rules[0]?.Properties["Targets"])).toMatch(/FunctionsOAuthFunction/);
  });

  it("a change of any route, answer or authorizer is a new deployment of the API", () => {
    const id = (template: Template) => Object.keys(template.findResources("AWS::ApiGateway::Deployment"));
    expect(id(templates().api)).toEqual(id(api));
    expect(id(templates({ allowedOrigins: "https://app.example.org" }).api)).not.toEqual(id(api));
  });

  it("settings reach the functions in the notation of the server", () => {
    const { api: set } = templates({ settings: '{"tokens.access_token_ttl":"5m"}' });
    const environments = all(set, "AWS::Lambda::Function").map(({ Properties }) =>
      JSON.stringify(Properties["Environment"] ?? {}),
    );
    expect(environments.filter((one) => one.includes('"TEGATA_TOKENS__ACCESS_TOKEN_TTL":"5m"'))).toHaveLength(
      6,
    );
  });

  it("alarms reach somebody who has asked for them", () => {
    const { api: told } = templates({ alarmEmail: "ops@example.org", budget: "20" });
    told.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: "ops@example.org" });
    for (const { Properties } of all(told, "AWS::CloudWatch::Alarm"))
      expect(Properties["AlarmActions"]).toHaveLength(1);
    told.resourceCountIs("AWS::Budgets::Budget", 1);
  });

  it("a spent refresh token and a wave of refused logins are counted from the audit events", () => {
    const patterns = all(api, "AWS::Logs::MetricFilter").map(({ Properties }) => Properties["FilterPattern"]);
    expect(new Set(patterns)).toContain('{ ($.audit IS TRUE) && ($.action = "refresh_token_replayed") }');
    expect(new Set(patterns)).toContain(
      '{ ($.audit IS TRUE) && ($.action = "login") && ($.outcome != "success") }',
    );
  });

  it("a context that is misspelled is refused", () => {
    expect(() => templates({ arch: "x86" })).toThrow("arch is arm64 or x86_64");
    expect(() => templates({ passwordConcurrency: "many" })).toThrow("a number");
    expect(() => templates({ domainName: "auth.example.org" })).toThrow("together");
  });
});

describe("the emulator's templates", () => {
  it("are those of AWS, but for the publishing of assets and TLS to the bucket", () => {
    const emulated = templates({ emulator: "true" });
    for (const name of ["data", "api"] as const)
      expect(withoutPublishing(emulated[name]), name).toEqual(withoutPublishing(templates()[name]));
    const [plain, secure] = [withoutPublishing(emulated.edge), withoutPublishing(edge)];
    const onTls = (statement: { Condition?: { Bool?: unknown } }) => statement.Condition?.Bool !== undefined;
    const [policy] = Object.keys(edge.findResources("AWS::S3::BucketPolicy"));
    const document = secure.Resources[String(policy)]?.Properties["PolicyDocument"] as {
      Statement: object[];
    };
    expect(document.Statement.filter(onTls)).toHaveLength(1);
    document.Statement = document.Statement.filter((statement) => !onTls(statement));
    expect(plain).toEqual(secure);
  });
});

/** Which bucket the assets are in is the synthesizer's business. */
function withoutPublishing(template: Template) {
  const { Resources, Outputs } = template.toJSON() as {
    Resources: Record<string, Resource>;
    Outputs: unknown;
  };
  return JSON.parse(
    JSON.stringify({ Resources, Outputs }).replaceAll(/cdk-hnb659fds-assets-[^"]*/g, "assets"),
  ) as { Resources: Record<string, Resource> };
}

describe("the templates", () => {
  it.each([
    ["data", data],
    ["edge", edge],
    ["api", api],
  ])("of %s are as reviewed", (_, template) => {
    expect(template.toJSON()).toMatchSnapshot();
  });
});
