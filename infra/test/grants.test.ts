import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { templates } from "./world.ts";

const { api, edge } = templates();

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

/** Everything that a role may do, as `dynamodb:GetItem TablesKeys`. */
function rightsOf(template: Template, role: RegExp): string[] {
  const policies = Object.values(template.findResources("AWS::IAM::Policy")) as {
    Properties: { Roles: { Ref: string }[]; PolicyDocument: { Statement: Statement[] } };
  }[];
  return policies
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }) => role.test(Ref)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
    .flatMap(({ Effect, Action, Resource }) => {
      expect(Effect).toBe("Allow");
      return [Action].flat().map((action) => `${action} ${nameOf(Resource)}`);
    })
    .sort();
}

/** What a resource of a statement is, whichever way it is referred to. */
function nameOf(resource: unknown): string {
  const text = JSON.stringify(resource);
  const known = [
    "TablesData",
    "TablesKeys",
    "TablesPublicKeys",
    "MasterKey",
    "Log",
    "AuthorizerFunction",
    "WebFiles2D",
  ];
  const found = known.filter((name) => text.includes(name));
  return found.length === 1 && found[0] ? found[0] : text;
}

const LOG = ["logs:CreateLogStream Log", "logs:PutLogEvents Log"];

describe("what each function may do, and nothing besides", () => {
  it("register writes accounts and verifies, and cannot read a private key", () => {
    expect(rightsOf(api, /FunctionsRegisterRole/)).toEqual([
      "dynamodb:ConditionCheckItem TablesData",
      "dynamodb:GetItem TablesData",
      "dynamodb:GetItem TablesPublicKeys",
      "dynamodb:PutItem TablesData",
      "dynamodb:UpdateItem TablesData",
      "kms:Decrypt MasterKey",
      ...LOG,
    ]);
  });

  it("login reads private keys and changes none", () => {
    expect(rightsOf(api, /FunctionsLoginRole/)).toEqual([
      "dynamodb:DeleteItem TablesData",
      "dynamodb:GetItem TablesData",
      "dynamodb:GetItem TablesKeys",
      "dynamodb:GetItem TablesPublicKeys",
      "dynamodb:PutItem TablesData",
      "dynamodb:UpdateItem TablesData",
      "kms:Decrypt MasterKey",
      ...LOG,
    ]);
  });

  it("refresh reads no user data", () => {
    expect(rightsOf(api, /FunctionsRefreshRole/)).toEqual([
      "dynamodb:DeleteItem TablesData",
      "dynamodb:GetItem TablesKeys",
      "dynamodb:GetItem TablesPublicKeys",
      "dynamodb:UpdateItem TablesData",
      "kms:Decrypt MasterKey",
      ...LOG,
    ]);
  });

  it("account cannot read a private key, and reads no table from end to end", () => {
    const rights = rightsOf(api, /FunctionsAccountRole/);
    expect(rights.filter((right) => right.endsWith("TablesKeys"))).toEqual([]);
    expect(rights.filter((right) => right.includes("Scan"))).toEqual([]);
    expect(rights).toContain("dynamodb:Query TablesData");
  });

  it("oauth does what login and account do together, changes no key and reads no table from end to end", () => {
    expect(rightsOf(api, /FunctionsOAuthRole/)).toEqual([
      "dynamodb:ConditionCheckItem TablesData",
      "dynamodb:DeleteItem TablesData",
      "dynamodb:GetItem TablesData",
      "dynamodb:GetItem TablesKeys",
      "dynamodb:GetItem TablesPublicKeys",
      "dynamodb:PutItem TablesData",
      "dynamodb:Query TablesData",
      "dynamodb:UpdateItem TablesData",
      "kms:Decrypt MasterKey",
      ...LOG,
    ]);
  });

  it("the job changes keys and the authorizer, and sees no user", () => {
    expect(rightsOf(api, /KeysRotateKeysRole/)).toEqual([
      "dynamodb:ConditionCheckItem TablesKeys",
      "dynamodb:ConditionCheckItem TablesPublicKeys",
      "dynamodb:GetItem TablesKeys",
      "dynamodb:GetItem TablesPublicKeys",
      "dynamodb:PutItem TablesKeys",
      "dynamodb:PutItem TablesPublicKeys",
      "kms:Decrypt MasterKey",
      "kms:GenerateDataKey MasterKey",
      "lambda:GetFunctionConfiguration AuthorizerFunction",
      "lambda:UpdateFunctionConfiguration AuthorizerFunction",
      ...LOG,
    ]);
  });

  it("the authorizer writes its log, and that is all", () => {
    expect(rightsOf(api, /TegataAuthorizerRole/)).toEqual(LOG);
  });

  it("the uploader of the web application reaches one bucket", () => {
    expect(rightsOf(edge, /WebFilesRole/)).toEqual([
      ...LOG,
      "s3:DeleteObject WebFiles2D",
      "s3:ListBucket WebFiles2D",
      "s3:PutObject WebFiles2D",
    ]);
  });
});

describe("who may call what", () => {
  it("no role of a function has a managed policy", () => {
    for (const [name, role] of Object.entries(api.findResources("AWS::IAM::Role"))) {
      const { ManagedPolicyArns } = (role as { Properties: { ManagedPolicyArns?: unknown[] } }).Properties;
      // API Gateway's own, and the one of CDK's trigger.
      if (!/AccountLogRole|TriggerCustomResourceProvider/.test(name))
        expect(ManagedPolicyArns, name).toBeUndefined();
    }
  });

  it("the functions are called by one stage of one API, by a schedule of their own, and by nobody else", () => {
    const permissions = Object.values(api.findResources("AWS::Lambda::Permission")) as {
      Properties: { Principal: string; SourceArn?: unknown };
    }[];
    expect(permissions.length).toBeGreaterThan(15);
    for (const { Properties } of permissions) {
      expect(["apigateway.amazonaws.com", "events.amazonaws.com"]).toContain(Properties.Principal);
      expect(Properties.SourceArn, "no permission without a source").toBeDefined();
    }
    const scheduled = permissions
      .filter(({ Properties }) => Properties.Principal === "events.amazonaws.com")
      .map(({ Properties }) => JSON.stringify(Properties));
    expect(scheduled).toHaveLength(2);
    expect(
      scheduled.filter((one) => /OAuthFunction/.test(one) && /LogoutNoticesSchedule/.test(one)),
    ).toHaveLength(1);
    expect(
      scheduled.filter((one) => /RotateKeysFunction/.test(one) && /KeysSchedule/.test(one)),
    ).toHaveLength(1);
  });

  it("no statement is about everything", () => {
    for (const template of [api, edge])
      for (const policy of Object.values(template.findResources("AWS::IAM::Policy")))
        expect(JSON.stringify(policy)).not.toContain('"Resource":"*"');
  });
});
