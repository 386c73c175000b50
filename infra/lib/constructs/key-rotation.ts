import { Duration, type CfnResource } from "aws-cdk-lib";
import * as events from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import { Trigger } from "aws-cdk-lib/triggers";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { RotateKeysFunction, type RotateKeysFunctionProps } from "./functions.ts";

/**
 * Keeps the signing keys, and the authorizer's copy of their public halves, as they should be.
 *
 * It runs at every deployment that changes it or the authorizer, so that there are keys before the first request; and every hour,
 * though a step is due only every few weeks: a deployment that is rolled back leaves the authorizer with the environment of its
 * template, without keys, and this ends that state.
 */
export class KeyRotation extends Construct {
  readonly function: lambda.Function;
  readonly logGroup: RotateKeysFunction["logGroup"];

  constructor(scope: Construct, id: string, props: RotateKeysFunctionProps) {
    super(scope, id);
    const rotateKeys = new RotateKeysFunction(this, "RotateKeys", props);
    this.function = rotateKeys.function;
    this.logGroup = rotateKeys.logGroup;

    new events.Rule(this, "Schedule", {
      description: "Tegata: rotates the signing keys when it is time",
      schedule: events.Schedule.rate(Duration.hours(1)),
      targets: [new targets.LambdaFunction(this.function, { retryAttempts: 2 })],
    });

    const trigger = new Trigger(this, "AtDeployment", {
      handler: this.function,
      timeout: Duration.minutes(1),
      // Rights that are not there yet would be a failure.
      executeAfter: [rotateKeys],
    });
    runAgainWhenChanged(trigger, props.authorizer);
    acknowledge(this.function, {
      "@aws-cdk/aws-lambda:addPermissionsToVersionOrAlias":
        "The schedule calls the function itself; the trigger calls a version, which its own role allows.",
    });
  }
}

/**
 * CloudFormation writes the whole environment of a function whenever it changes its configuration, and that takes the published keys
 * away. So what makes CloudFormation do so makes it run the trigger, too: the trigger has the same values among its properties.
 */
function runAgainWhenChanged(trigger: Trigger, authorizer: lambda.Function) {
  trigger.executeAfter(authorizer);
  const watched = authorizer.node.defaultChild as lambda.CfnFunction;
  const resource = trigger.node.defaultChild?.node.defaultChild as CfnResource;
  resource.addPropertyOverride("Watched", {
    Function: watched.ref,
    Description: watched.description,
    Environment: watched.environment,
    LoggingConfig: watched.loggingConfig,
    MemorySize: watched.memorySize,
    Timeout: watched.timeout,
  });
}
