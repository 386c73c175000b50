import { Duration, RemovalPolicy, Stack, type SecretValue } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as acm from "aws-cdk-lib/aws-certificatemanager";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import * as origins from "aws-cdk-lib/aws-cloudfront-origins";
import * as s3 from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { STAGE } from "./provider-api.ts";
import { API_PATHS, JWKS_PATH, OAUTH_PATH } from "./routes.ts";
import { securityHeaders } from "./security-headers.ts";

/** A name of one's own. */
export interface CustomDomain {
  /** `auth.example.org`; it has to point to the distribution. */
  readonly name: string;
  /** A certificate for it, which CloudFront takes from us-east-1 only. */
  readonly certificateArn: string;
}

export interface WebDistributionProps {
  readonly api: apigateway.CfnRestApi;
  /** Sent to the API with every request, so that it can tell CloudFront from anybody else. */
  readonly originSecret: SecretValue;
  readonly domain?: CustomDomain;
  /** A web ACL of WAF, in us-east-1. */
  readonly webAclArn?: string;
  /**
   * Whether the bucket is reached without TLS, as in an emulator.
   *
   * @default false
   */
  readonly plaintext?: boolean;
}

/** Headers of a request that mean something to the API. Ten is as many as a policy may name. */
const FORWARDED = [
  "Accept",
  "Access-Control-Request-Headers",
  "Access-Control-Request-Method",
  "Content-Type",
  "Sec-Fetch-Site",
  "User-Agent",
  "X-CSRF-Token",
  "X-Request-Id",
  // Made by CloudFront, and the one word about the client's address that no client can say itself.
  "CloudFront-Viewer-Address",
];

/** The same for the OpenID Provider: proofs of a key (RFC 9449 §4.1), and the languages that its pages are in. */
const FORWARDED_TO_OAUTH = [
  ...FORWARDED.filter((name) => name !== "X-CSRF-Token"),
  "Accept-Language",
  "DPoP",
];

/** Those that an answer may depend on. `Authorization` can be forwarded in this way only. */
const KEYED = ["Authorization", "Origin"];

/**
 * One origin for the web application and the API, so that cookies are first-party and CORS has nothing to do.
 */
export class WebDistribution extends Construct {
  readonly bucket: s3.Bucket;
  readonly distribution: cloudfront.Distribution;
  /** `https://…`, without a slash at its end. */
  readonly publicUrl: string;

  constructor(scope: Construct, id: string, props: WebDistributionProps) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, "Files", {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: !props.plaintext,
      // Nothing is lost with it: the files are built from source, and the next deployment puts them back.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.bucket, {
      "AwsSolutions-S1": "It holds the public files of a web application, which only CloudFront can read.",
    });

    if (props.plaintext)
      acknowledge(this.bucket, { "AwsSolutions-S10": "An emulator on the same machine has no TLS." });

    const headers = securityHeaders(this, "SecurityHeaders", {
      comment: "Tegata: what browsers must be careful with",
      override: true,
    });
    const pages: cloudfront.BehaviorOptions = {
      origin: origins.S3BucketOrigin.withOriginAccessControl(this.bucket),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED,
      responseHeadersPolicy: headers,
      functionAssociations: [
        { function: pagesOfTheApplication(this), eventType: cloudfront.FunctionEventType.VIEWER_REQUEST },
      ],
    };
    const api = this.#apiBehavior(props, headers);
    this.distribution = new cloudfront.Distribution(this, "Distribution", {
      comment: "Tegata: web application and API",
      defaultBehavior: pages,
      additionalBehaviors: {
        [JWKS_PATH]: {
          ...api,
          allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
          cachePolicy: keysCache(this),
        },
        ...Object.fromEntries(API_PATHS.map((path) => [path, api])),
        [OAUTH_PATH]: { ...api, ...this.#oauthPolicies() },
      },
      httpVersion: cloudfront.HttpVersion.HTTP2_AND_3,
      ...(props.domain && {
        domainNames: [props.domain.name],
        minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        certificate: acm.Certificate.fromCertificateArn(this, "Certificate", props.domain.certificateArn),
      }),
      ...(props.webAclArn !== undefined && { webAclId: props.webAclArn }),
    });
    acknowledge(this.distribution, {
      "AwsSolutions-CFR1": "Who may log in is not a question of the country.",
      "AwsSolutions-CFR2":
        "An operator can name a web ACL (`webAclArn`); it costs more than all the rest of a small installation.",
      "AwsSolutions-CFR3":
        "The API's access log has what matters; CloudFront's would add every image, and addresses of readers.",
      "AwsSolutions-CFR4":
        "Without a certificate of one's own, CloudFront's is used, whose protocols CloudFront sets. With one, TLS 1.2 is the least.",
    });
    this.publicUrl = `https://${props.domain?.name ?? this.distribution.distributionDomainName}`;
  }

  /** The provider's pages say themselves what they may load and where their forms lead, which differs from client to client. */
  #oauthPolicies() {
    return {
      originRequestPolicy: new cloudfront.OriginRequestPolicy(this, "OAuthRequest", {
        comment: "Tegata: what means something to the OpenID Provider, and no more",
        headerBehavior: cloudfront.OriginRequestHeaderBehavior.allowList(...FORWARDED_TO_OAUTH),
        queryStringBehavior: cloudfront.OriginRequestQueryStringBehavior.all(),
        cookieBehavior: cloudfront.OriginRequestCookieBehavior.all(),
      }),
      responseHeadersPolicy: securityHeaders(this, "OAuthSecurityHeaders", {
        comment: "Tegata: what browsers must be careful with, where the provider's pages say nothing",
        override: false,
      }),
    };
  }

  #apiBehavior(props: WebDistributionProps, headers: cloudfront.ResponseHeadersPolicy) {
    const stack = Stack.of(this);
    const host = `${props.api.ref}.execute-api.${stack.region}.${stack.urlSuffix}`;
    return {
      origin: new origins.HttpOrigin(host, {
        originPath: `/${STAGE}`,
        protocolPolicy: cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [cloudfront.OriginSslPolicy.TLS_V1_2],
        // It is in CloudFront's configuration and the functions' environment, and only there.
        customHeaders: { "x-origin-verify": props.originSecret.unsafeUnwrap() },
      }),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
      cachePolicy: new cloudfront.CachePolicy(this, "ApiCache", {
        comment: "Tegata: nothing is kept that does not ask for it, and that for one second",
        minTtl: Duration.seconds(0),
        defaultTtl: Duration.seconds(0),
        // With 0 CloudFront refuses to name headers here, and `Authorization` cannot be forwarded in any other way than here or
        // together with `Host`, which API Gateway does not bear.
        maxTtl: Duration.seconds(1),
        headerBehavior: cloudfront.CacheHeaderBehavior.allowList(...KEYED),
        queryStringBehavior: cloudfront.CacheQueryStringBehavior.all(),
        cookieBehavior: cloudfront.CacheCookieBehavior.none(),
      }),
      originRequestPolicy: new cloudfront.OriginRequestPolicy(this, "ApiRequest", {
        comment: "Tegata: what means something to the API, and no more",
        headerBehavior: cloudfront.OriginRequestHeaderBehavior.allowList(...FORWARDED),
        queryStringBehavior: cloudfront.OriginRequestQueryStringBehavior.all(),
        cookieBehavior: cloudfront.OriginRequestCookieBehavior.all(),
      }),
      responseHeadersPolicy: headers,
    };
  }
}

/** The public keys change every few weeks, are published long before they sign, and are asked for by every API. */
function keysCache(scope: Construct) {
  return new cloudfront.CachePolicy(scope, "KeysCache", {
    comment: "Tegata: public keys, for as long as the answer says, five minutes at most",
    minTtl: Duration.seconds(0),
    defaultTtl: Duration.seconds(60),
    maxTtl: Duration.minutes(5),
    headerBehavior: cloudfront.CacheHeaderBehavior.allowList("Origin"),
    queryStringBehavior: cloudfront.CacheQueryStringBehavior.none(),
    cookieBehavior: cloudfront.CacheCookieBehavior.none(),
    enableAcceptEncodingGzip: true,
    enableAcceptEncodingBrotli: true,
  });
}

/**
 * Every path without a file name is a page of the application, which finds its way by itself.
 *
 * Not by error responses: those hold for the whole distribution, and would turn the API's own 403 and 404 into a page.
 */
function pagesOfTheApplication(scope: Construct) {
  return new cloudfront.Function(scope, "Pages", {
    comment: "Tegata: every page is index.html",
    runtime: cloudfront.FunctionRuntime.JS_2_0,
    code: cloudfront.FunctionCode.fromInline(PAGES),
  });
}

/** Exported for its test. */
export const PAGES = `function handler(event) {
  var request = event.request;
  var name = request.uri.slice(request.uri.lastIndexOf("/") + 1);
  if (name.indexOf(".") === -1) request.uri = "/index.html";
  return request;
}
`;
