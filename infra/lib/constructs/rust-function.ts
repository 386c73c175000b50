import { existsSync } from "node:fs";
import { join } from "node:path";
import { Duration, RemovalPolicy } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

/** What all functions have in common. */
export interface FunctionOptions {
  /**
   * The processor that the functions were built for.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;
  /**
   * The folder with one folder for each function, as `cargo xtask lambda` leaves it.
   *
   * @default "target/lambda/<architecture>" in the repository
   */
  readonly functions?: string;
  /**
   * How long log lines are kept; audit events are among them.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;
}

/** One function. */
export interface RustFunctionProps extends FunctionOptions {
  /** The name of its binary, which is that of its folder. */
  readonly binary: string;
  /** What it is for, in the console. */
  readonly description: string;
  /** In MB; 1769 is one whole processor. */
  readonly memorySize: number;
  readonly environment: Record<string, string>;
  /** @default 10 s: API Gateway gives up after 29 */
  readonly timeout?: Duration;
  /** @default no limit but that of the account */
  readonly reservedConcurrentExecutions?: number | undefined;
}

/**
 * A binary of Tegata as a function, with a role that starts with one right: to write its own log.
 *
 * No managed policy: the usual one may write every log group of the account.
 */
export class RustFunction extends Construct {
  readonly function: lambda.Function;
  readonly logGroup: logs.LogGroup;
  /** Grants are made on it, statement by statement. */
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: RustFunctionProps) {
    super(scope, id);
    this.logGroup = new logs.LogGroup(this, "Log", {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, "Role", { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") });
    this.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [this.logGroup.logGroupArn]);
    const { architecture, folder } = binaries(props);
    this.function = new lambda.Function(this, "Function", {
      description: props.description,
      runtime: lambda.Runtime.PROVIDED_AL2023,
      architecture,
      handler: "bootstrap",
      code: lambda.Code.fromAsset(binaryFolder(folder, props.binary)),
      memorySize: props.memorySize,
      timeout: props.timeout ?? Duration.seconds(10),
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      applicationLogLevelV2: lambda.ApplicationLogLevel.INFO,
      systemLogLevelV2: lambda.SystemLogLevel.WARN,
      environment: props.environment,
      ...(props.reservedConcurrentExecutions !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrentExecutions,
      }),
    });
  }

  /** Adds one statement to its role. */
  allow(actions: string[], resources: string[]): void {
    this.role.addToPolicy(new iam.PolicyStatement({ actions, resources }));
  }
}

function binaries(options: FunctionOptions) {
  const architecture = options.architecture ?? lambda.Architecture.ARM_64;
  const folder = options.functions ?? join(import.meta.dirname, "../../../target/lambda", architecture.name);
  return { architecture, folder };
}

/** CDK zips the folder itself, with fixed dates: the same binary is the same asset, whenever it was built. */
function binaryFolder(folder: string, binary: string): string {
  const path = join(folder, binary);
  if (!existsSync(join(path, "bootstrap")))
    throw new Error(`${path} has no "bootstrap": build the functions first, with \`cargo xtask lambda\``);
  return path;
}
