import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { CustomResource, DockerImage, Duration, RemovalPolicy, AssetHashType, Stack } from "aws-cdk-lib";
import * as iam from "aws-cdk-lib/aws-iam";
import * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import type * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

export interface WebFilesProps {
  /** The folder with the built web application. */
  readonly folder: string;
  readonly bucket: s3.IBucket;
}

/**
 * Puts the web application into its bucket, during deployment.
 *
 * CDK's own `BucketDeployment` does it with Python, a layer with the AWS CLI and a temporary copy, and gives all files one
 * `Cache-Control`. Here the function's code holds the files, so there is nothing to fetch: the code changes when they do, which
 * changes the resource, which runs it.
 */
export class WebFiles extends Construct {
  constructor(scope: Construct, id: string, props: WebFilesProps) {
    super(scope, id);
    if (!existsSync(join(props.folder, "index.html")))
      throw new Error(
        `${props.folder} has no index.html: build the web application first, with \`npm run build\``,
      );
    const logGroup = new logs.LogGroup(this, "Log", {
      retention: logs.RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, "Role", { assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com") });
    const allow = (actions: string[], resources: string[]) =>
      role.addToPolicy(new iam.PolicyStatement({ actions, resources }));
    allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup.logGroupArn]);
    allow(["s3:ListBucket"], [props.bucket.bucketArn]);
    allow(["s3:PutObject", "s3:DeleteObject"], [props.bucket.arnForObjects("*")]);
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::<${logicalId(props.bucket)}.Arn>/*]`]:
        "It writes and removes every file of one bucket, which holds nothing else.",
    });
    const upload = new lambda.Function(this, "Upload", {
      description: "Tegata: puts the web application into its bucket",
      // Its AWS SDK is the one of the runtime.
      runtime: lambda.Runtime.NODEJS_24_X,
      handler: "index.handler",
      code: codeWith(props.folder),
      memorySize: 256,
      timeout: Duration.minutes(2),
      role,
      logGroup,
    });
    const files = new CustomResource(this, "Files", {
      resourceType: "Custom::TegataWebFiles",
      serviceToken: upload.functionArn,
      serviceTimeout: Duration.minutes(3),
      properties: {
        Bucket: props.bucket.bucketName,
        // Another set of files is another version of the function.
        Version: upload.currentVersion.version,
      },
    });
    files.node.addDependency(role, props.bucket);
  }
}

function logicalId(bucket: s3.IBucket): string {
  return Stack.of(bucket).getLogicalId(bucket.node.defaultChild as s3.CfnBucket);
}

/** The handler, and the files beside it. */
function codeWith(folder: string): lambda.Code {
  const handler = join(import.meta.dirname, "../handlers/web-files");
  return lambda.Code.fromAsset(handler, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used: the files are put together right here.
      image: DockerImage.fromRegistry("scratch"),
      local: {
        tryBundle(output: string) {
          cpSync(join(handler, "index.js"), join(output, "index.js"));
          cpSync(folder, join(output, "files"), { recursive: true });
          return true;
        },
      },
    },
  });
}
