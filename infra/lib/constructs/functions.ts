import { Duration } from "aws-cdk-lib";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { ProviderFunction } from "./routes.ts";
import { RustFunction, type FunctionOptions } from "./rust-function.ts";
import type { TegataData } from "./tables.ts";

/** How Tegata behaves, whatever it runs on. */
export interface ProviderSettings {
  /** The public address, `https://auth.example.org`, without a slash at the end: the issuer of all tokens. */
  readonly issuer: string;
  /**
   * For whom access tokens are.
   *
   * @default the issuer
   */
  readonly audience?: string;
  /**
   * Origins of pages elsewhere that may use the API. The web application that Tegata is deployed with is on the issuer's origin
   * and needs none.
   *
   * @default none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Settings in the server's notation (docs/reference/settings.md): `{ "tokens.access_token_ttl": "5m" }`. Those of `tokens`,
   * `sessions`, `signup`, `oauth` and `passwords` have a meaning here.
   *
   * @default the defaults of the reference
   */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * The OpenID Provider: other applications let their users log in here.
   *
   * @default there is one
   */
  readonly oauth?: OAuthOptions;
  /**
   * What CloudFront sends as `x-origin-verify`. Requests without it are refused, and `CloudFront-Viewer-Address` is believed.
   *
   * @default every request is answered, and API Gateway's word for the client's address is taken
   */
  readonly originSecret?: string;
}

/** Whether there is an OpenID Provider, and what it keeps to itself. Everything else about it is in `settings`. */
export interface OAuthOptions {
  /** @default true */
  readonly enabled?: boolean;
  /**
   * What has to be shown to register a client, where the setting `oauth.registration` is `token`: 32 characters or more, which no other
   * function gets. It may be a reference to a secret.
   *
   * @default none
   */
  readonly registrationToken?: string;
}

/** The functions of the provider. */
export interface ProviderFunctionsProps extends ProviderSettings, FunctionOptions {
  readonly tables: TegataData;
  /**
   * How many sign-ups, how many logins, and how many requests to the OpenID Provider run at the same time at most: each takes a whole processor for its password hash, so
   * this is the fuse against an expensive flood. A new account of AWS has 10 in all and can reserve none.
   *
   * @default no limit but that of the account
   */
  readonly passwordConcurrency?: number;
}

/** One whole processor: a password hash in 30 ms instead of 200 ms, for the same price. */
const WHOLE_PROCESSOR = 1769;
const SMALL = 256;

/** What each function may do to the items of each table: its whole right to data, one line each. */
const RIGHTS = {
  register: {
    data: ["GetItem", "PutItem", "UpdateItem", "ConditionCheckItem"],
    publicKeys: ["GetItem"],
  },
  login: {
    data: ["GetItem", "PutItem", "UpdateItem", "DeleteItem"],
    keys: ["GetItem"],
    publicKeys: ["GetItem"],
  },
  refresh: {
    data: ["UpdateItem", "DeleteItem"],
    keys: ["GetItem"],
    publicKeys: ["GetItem"],
  },
  account: {
    data: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "Query"],
    publicKeys: ["GetItem"],
  },
  oauth: {
    data: ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "Query"],
    keys: ["GetItem"],
    publicKeys: ["GetItem"],
  },
} as const satisfies Record<ProviderFunction, Partial<Record<TableName, readonly string[]>>>;

/** What each is called in the template. */
const ID = {
  register: "Register",
  login: "Login",
  refresh: "Refresh",
  account: "Account",
  oauth: "OAuth",
} as const satisfies Record<ProviderFunction, string>;

type TableName = "data" | "keys" | "publicKeys";

/** One function for each concern, each with a role of its own. */
export class ProviderFunctions extends Construct {
  readonly byName: Readonly<Record<Exclude<ProviderFunction, "oauth">, lambda.Function>> & {
    readonly oauth?: lambda.Function;
  };
  /** Where their audit events are. */
  readonly logGroups: readonly RustFunction["logGroup"][];

  constructor(scope: Construct, id: string, props: ProviderFunctionsProps) {
    super(scope, id);
    const environment = {
      ...providerEnvironment(props),
      // API Gateway's stage is not part of any path.
      AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH: "true",
    };
    const make = (name: ProviderFunction, description: string, memorySize: number, own = {}) => {
      const made = new RustFunction(this, ID[name], {
        ...props,
        binary: name,
        description: `Tegata: ${description}`,
        memorySize,
        environment: { ...environment, ...own },
        ...(memorySize === WHOLE_PROCESSOR && { reservedConcurrentExecutions: props.passwordConcurrency }),
      });
      grantTables(made, props.tables, RIGHTS[name]);
      // Once, when the function starts: to unwrap the master key.
      made.allow(["kms:Decrypt"], [props.tables.masterKey.keyArn]);
      return made;
    };
    const functions = {
      register: make("register", "sign-up", WHOLE_PROCESSOR),
      login: make("login", "login", WHOLE_PROCESSOR),
      refresh: make("refresh", "refresh and logout", SMALL),
      account: make("account", "account, protected API, discovery", SMALL),
      ...((props.oauth?.enabled ?? true) && {
        oauth: make("oauth", "OpenID Provider", WHOLE_PROCESSOR, {
          ...(props.oauth?.registrationToken !== undefined && {
            TEGATA_OAUTH__REGISTRATION_TOKEN: props.oauth.registrationToken,
          }),
        }),
      }),
    };
    this.byName = {
      register: functions.register.function,
      login: functions.login.function,
      refresh: functions.refresh.function,
      account: functions.account.function,
      ...(functions.oauth && { oauth: functions.oauth.function }),
    };
    this.logGroups = Object.values(functions).map(({ logGroup }) => logGroup);
  }
}

/** The job that makes the keys and takes the steps of their life that are due. */
export interface RotateKeysFunctionProps extends ProviderSettings, FunctionOptions {
  readonly tables: TegataData;
  /** The authorizer that is given the public keys. */
  readonly authorizer: lambda.Function;
}

export class RotateKeysFunction extends RustFunction {
  constructor(scope: Construct, id: string, props: RotateKeysFunctionProps) {
    super(scope, id, {
      ...props,
      binary: "rotate-keys",
      description: "Tegata: makes and rotates the signing keys, publishes their public halves",
      memorySize: SMALL,
      timeout: Duration.seconds(30),
      environment: {
        // It answers no request, so it has no use for CloudFront's secret.
        ...providerEnvironment({ ...props, originSecret: undefined }),
        TEGATA_KMS_KEY_ID: props.tables.masterKey.keyArn,
        TEGATA_AUTHORIZER_FUNCTION: props.authorizer.functionName,
      },
    });
    const items = ["GetItem", "PutItem", "ConditionCheckItem"];
    grantTables(this, props.tables, { keys: items, publicKeys: items });
    this.allow(["kms:GenerateDataKey", "kms:Decrypt"], [props.tables.masterKey.keyArn]);
    this.allow(
      ["lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"],
      [props.authorizer.functionArn],
    );
  }
}

function grantTables(
  made: RustFunction,
  tables: TegataData,
  rights: Partial<Record<TableName, readonly string[]>>,
): void {
  for (const [table, actions] of Object.entries(rights))
    made.allow(
      actions.map((action) => `dynamodb:${action}`),
      [tables[table as TableName].tableArn],
    );
}

function providerEnvironment(props: ProviderSettings & { readonly tables: TegataData }) {
  const { tables } = props;
  return {
    TEGATA_ISSUER: props.issuer,
    TEGATA_TABLE: tables.data.tableName,
    TEGATA_KEYS_TABLE: tables.keys.tableName,
    TEGATA_PUBLIC_KEYS_TABLE: tables.publicKeys.tableName,
    ...(props.audience !== undefined && { TEGATA_AUDIENCE: props.audience }),
    ...(props.originSecret !== undefined && { TEGATA_ORIGIN_SECRET: props.originSecret }),
    // All of them: who serves the metadata, and who makes the keys, has to know it, too.
    ...(props.oauth?.enabled === false && { TEGATA_OAUTH__ENABLED: "false" }),
    ...(props.allowedOrigins?.length && { TEGATA_ALLOWED_ORIGINS: props.allowedOrigins.join(",") }),
    ...environmentOf(props.settings ?? {}),
  };
}

/** `tokens.access_token_ttl` is `TEGATA_TOKENS__ACCESS_TOKEN_TTL` in the environment. */
function environmentOf(settings: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `TEGATA_${name.replaceAll(".", "__").toUpperCase()}`,
      value,
    ]),
  );
}
