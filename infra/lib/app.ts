import { join } from "node:path";
import {
  App,
  CliCredentialsStackSynthesizer,
  RemovalPolicy,
  SecretValue,
  Validations,
  type Environment,
} from "aws-cdk-lib";
import { Architecture } from "aws-cdk-lib/aws-lambda";
import { AwsSolutionsChecks } from "cdk-nag";
import { ApiStack } from "./api-stack.ts";
import type { ExistingData } from "./constructs/tables.ts";
import { DataStack } from "./data-stack.ts";
import { EdgeStack } from "./edge-stack.ts";

const root = join(import.meta.dirname, "../..");

/** The three stacks, set by context: `cdk deploy --all -c arch=x86_64`. */
export function addStacks(app: App): { data: DataStack | undefined; edge: EdgeStack; api: ApiStack } {
  const context = new Context(app);
  const architecture =
    context.oneOf("arch", ["arm64", "x86_64"]) === "x86_64" ? Architecture.X86_64 : Architecture.ARM_64;
  const domainName = context.text("domainName");
  const certificateArn = context.text("certificateArn");
  if ((domainName === undefined) !== (certificateArn === undefined))
    throw new Error("domainName and certificateArn are given together or not at all");
  const webAclArn = context.text("webAclArn");
  const functions = context.text("functions");
  const registrationToken = context.text("registrationTokenSecret");
  const allowedOrigins = context.text("allowedOrigins")?.split(",");
  const passwordConcurrency = context.number("passwordConcurrency");
  const alarmEmail = context.text("alarmEmail");
  const budget = context.number("budget");
  if (budget !== undefined && alarmEmail === undefined)
    throw new Error("a budget needs somebody to tell: alarmEmail");

  // For `cargo xtask e2e-aws`: what differs is held small by a test.
  const emulator = context.oneOf("emulator", ["true", "false"]) === "true";

  const options = {
    ...environmentOf(process.env),
    // The default goes through the roles of `cdk bootstrap`, whose rights no emulator has in full.
    ...(emulator && { synthesizer: new CliCredentialsStackSynthesizer() }),
  };
  const existing = context.json("tables") as ExistingData | undefined;
  const data = existing
    ? undefined
    : new DataStack(app, "TegataData", {
        ...options,
        ...(context.oneOf("data", ["retain", "destroy"]) === "destroy" && {
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      });
  const edge = new EdgeStack(app, "TegataEdge", {
    ...options,
    plaintext: emulator,
    web: context.text("web") ?? join(root, "web/app/dist"),
    ...(domainName !== undefined &&
      certificateArn !== undefined && { domain: { name: domainName, certificateArn } }),
    ...(webAclArn !== undefined && { webAclArn }),
  });
  const api = new ApiStack(app, "TegataApi", {
    ...options,
    tables: existing ?? (data as DataStack).tables,
    edge,
    architecture,
    settings: (context.json("settings") ?? {}) as Record<string, string>,
    accountLogRole: context.oneOf("accountLogRole", ["true", "false"]) !== "false",
    oauth: {
      enabled: context.oneOf("oauth", ["true", "false"]) !== "false",
      ...(registrationToken !== undefined && {
        registrationToken: SecretValue.secretsManager(registrationToken).unsafeUnwrap(),
      }),
    },
    ...(functions !== undefined && { functions }),
    ...(allowedOrigins && { allowedOrigins }),
    ...(passwordConcurrency !== undefined && { passwordConcurrency }),
    ...(alarmEmail !== undefined && {
      alarms: { email: alarmEmail, ...(budget !== undefined && { budget }) },
    }),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { data, edge, api };
}

/** Where the CLI was told to deploy to; without it the templates hold for any account and region. */
function environmentOf(env: NodeJS.ProcessEnv): { env?: Environment } {
  const [account, region] = [env["CDK_DEFAULT_ACCOUNT"], env["CDK_DEFAULT_REGION"]];
  return account && region ? { env: { account, region } } : {};
}

/** What `-c name=value` and cdk.json say. */
class Context {
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  text(name: string): string | undefined {
    const value: unknown = this.#app.node.tryGetContext(name);
    if (value === undefined || value === "") return undefined;
    // cdk.json may hold them as what they are.
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return String(value);
    throw new Error(`${name} is a text`);
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d+$/.test(value)) throw new Error(`${name} is a number, not ${value}`);
    return Number(value);
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = values.find((one) => one === value);
    if (found === undefined) throw new Error(`${name} is ${values.join(" or ")}, not ${value}`);
    return found;
  }

  /** `-c settings='{"tokens.access_token_ttl":"5m"}'`, or an object in cdk.json. */
  json(name: string): unknown {
    const value: unknown = this.#app.node.tryGetContext(name);
    return typeof value === "string" ? JSON.parse(value) : value;
  }
}
