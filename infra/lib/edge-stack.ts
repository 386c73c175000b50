import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import { acknowledge } from "./constructs/acknowledge.ts";
import { emptyRestApi } from "./constructs/provider-api.ts";
import { WebDistribution, type CustomDomain } from "./constructs/web-distribution.ts";
import { WebFiles } from "./constructs/web-files.ts";

const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

export interface EdgeStackProps extends StackProps {
  /** The folder with the built web application. */
  readonly web: string;
  /** @default CloudFront's own name */
  readonly domain?: CustomDomain;
  /** A web ACL of WAF, in us-east-1. */
  readonly webAclArn?: string;
  /** Whether the bucket is reached without TLS, as in an emulator. */
  readonly plaintext?: boolean;
}

/**
 * The addresses: the distribution, and the API's, still without methods.
 *
 * It comes before the functions, because they must know the public address, which is the issuer of every token; and the distribution
 * must know the API's. So the API is made here, empty, and filled in the next stack: one deployment, no second pass.
 */
export class EdgeStack extends Stack {
  readonly publicUrl: string;
  readonly api: apigateway.CfnRestApi;
  readonly originSecret: secretsmanager.Secret;

  constructor(scope: Construct, id: string, props: EdgeStackProps) {
    super(scope, id, { description: "Tegata: CloudFront, web application", ...props });
    this.api = emptyRestApi(this, "RestApi");
    this.originSecret = new secretsmanager.Secret(this, "OriginSecret", {
      description: "Tegata: by this the API knows CloudFront",
      // Letters and digits: it is the value of a header.
      generateSecretString: { excludeCharacters: PUNCTUATION, passwordLength: 43 },
    });
    acknowledge(this.originSecret, {
      "AwsSolutions-SMG4":
        "CloudFront takes a quarter of an hour to learn a new value, in which the functions would refuse it. It opens nothing: it only vouches for the client's address.",
    });
    const web = new WebDistribution(this, "Web", {
      ...props,
      api: this.api,
      originSecret: this.originSecret.secretValue,
    });
    new WebFiles(this, "WebFiles", { folder: props.web, bucket: web.bucket });
    this.publicUrl = web.publicUrl;
    new CfnOutput(this, "Url", { value: this.publicUrl, description: "Open this" });
    new CfnOutput(this, "DistributionDomain", {
      value: web.distribution.distributionDomainName,
      description: "What a name of your own has to point to",
    });
  }
}
