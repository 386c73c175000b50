import { Duration } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";

export interface LogoutNoticesProps {
  /** The function of the OpenID Provider, which signs logout tokens. */
  readonly function: lambda.Function;
}

/**
 * Has clients told of the logouts that no request to the OpenID Provider has told them of (OpenID Connect Back-Channel Logout 1.0).
 *
 * A function has no life between two events. Where the account ends a session, or a client did not answer, the client would hear of
 * it with the next request that somebody makes to the provider, whenever that is. Nothing waits here meanwhile: at this rate it is
 * 8,640 calls of some milliseconds a month.
 */
export class LogoutNotices extends Construct {
  constructor(scope: Construct, id: string, props: LogoutNoticesProps) {
    super(scope, id);
    new events.Rule(this, "Schedule", {
      description: "Tegata: tells applications of logouts that they have not heard of",
      schedule: events.Schedule.rate(Duration.minutes(5)),
      targets: [
        new targets.LambdaFunction(props.function, {
          event: events.RuleTargetInput.fromObject({ job: "deliver_logout_notices" }),
          // The next one is as good.
          retryAttempts: 0,
        }),
      ],
    });
  }
}
