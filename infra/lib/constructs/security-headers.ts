import { Duration } from "aws-cdk-lib";
import * as cloudfront from "aws-cdk-lib/aws-cloudfront";
import type { Construct } from "constructs";

/** The policy of the page: nothing inline, nothing from elsewhere, in no frame. The one-machine server sends the same. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

/** What is different from place to place. */
interface SecurityHeadersOptions {
  /** For people who look at all policies of an account. */
  readonly comment: string;
  /** Whether they take the place of what an origin says itself. */
  readonly override: boolean;
}

/** The headers that `tegata serve` sends with every answer (crates/tegata-http/src/edge/security_headers.rs). */
export function securityHeaders(
  scope: Construct,
  id: string,
  { comment, override }: SecurityHeadersOptions,
): cloudfront.ResponseHeadersPolicy {
  return new cloudfront.ResponseHeadersPolicy(scope, id, {
    comment,
    securityHeadersBehavior: {
      contentSecurityPolicy: { contentSecurityPolicy: CONTENT_SECURITY_POLICY, override },
      contentTypeOptions: { override },
      referrerPolicy: { referrerPolicy: cloudfront.HeadersReferrerPolicy.NO_REFERRER, override },
      strictTransportSecurity: {
        accessControlMaxAge: Duration.days(730),
        includeSubdomains: true,
        override,
      },
    },
    customHeadersBehavior: {
      customHeaders: [
        { header: "Cross-Origin-Opener-Policy", value: "same-origin", override },
        { header: "Cross-Origin-Resource-Policy", value: "same-origin", override },
        {
          header: "Permissions-Policy",
          value: "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
          override,
        },
      ],
    },
  });
}
