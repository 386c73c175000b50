import { Duration } from "aws-cdk-lib";
import type * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as budgets from "aws-cdk-lib/aws-budgets";
import * as cloudwatch from "aws-cdk-lib/aws-cloudwatch";
import * as actions from "aws-cdk-lib/aws-cloudwatch-actions";
import type * as dynamodb from "aws-cdk-lib/aws-dynamodb";
import type * as lambda from "aws-cdk-lib/aws-lambda";
import * as logs from "aws-cdk-lib/aws-logs";
import * as sns from "aws-cdk-lib/aws-sns";
import * as subscriptions from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";

/** When somebody should look. */
export interface AlarmOptions {
  /**
   * Where alarms go: an address, which has to confirm that it wants them.
   *
   * @default they are only shown
   */
  readonly email?: string;
  /**
   * Where alarms go: a topic of one's own.
   *
   * @default none
   */
  readonly topic?: sns.ITopic;
  /**
   * Failed and throttled logins in five minutes that are no longer forgetfulness.
   *
   * @default 100
   */
  readonly refusedLogins?: number;
  /**
   * A monthly sum in US dollars for the whole account; at 80 % of it, and when it is forecast, `email` is told.
   *
   * @default none
   */
  readonly budget?: number;
}

export interface TegataAlarmsProps extends AlarmOptions {
  readonly functions: Readonly<Record<string, lambda.Function>>;
  /** Raises an error for every 401, by design: its errors are told from its answers, not from Lambda's count. */
  readonly authorizer: lambda.Function;
  readonly stage: apigateway.Stage;
  readonly table: dynamodb.ITable;
  /** Where audit events are. */
  readonly logGroups: readonly logs.ILogGroup[];
}

const PERIOD = Duration.minutes(5);

/** Alarms and one dashboard, made of what AWS counts by itself and of the audit events in the log. */
export class TegataAlarms extends Construct {
  readonly alarms: cloudwatch.Alarm[] = [];
  readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, props: TegataAlarmsProps) {
    super(scope, id);
    const sum = { statistic: "Sum", period: PERIOD } as const;
    const functions = Object.entries(props.functions);
    const topics = [props.topic, props.email === undefined ? undefined : mailTopic(this, props.email)];
    const alarm = (name: string, metric: cloudwatch.IMetric, threshold: number, alarmDescription: string) => {
      const made = new cloudwatch.Alarm(this, name, {
        metric,
        threshold,
        alarmDescription,
        evaluationPeriods: 1,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
      for (const topic of topics) if (topic) made.addAlarmAction(new actions.SnsAction(topic));
      this.alarms.push(made);
    };

    for (const [name, made] of functions)
      alarm(
        `${name}Errors`,
        made.metricErrors(sum),
        1,
        `Tegata: the function ${name} has failed; see its log`,
      );
    // Without a dimension: all functions of the account, since it is the account's concurrency that has run out.
    const throttles = new cloudwatch.Metric({ namespace: "AWS/Lambda", metricName: "Throttles", ...sum });
    alarm(
      "Throttles",
      throttles,
      1,
      "Tegata: functions are throttled; raise the concurrency, or there is a flood",
    );
    const serverErrors = props.stage.metricServerError(sum);
    alarm(
      "ServerErrors",
      serverErrors,
      5,
      "Tegata: the API answers with 5xx; the access log says which route",
    );

    const audit = (name: string, pattern: logs.IFilterPattern) => this.#count(name, pattern, props.logGroups);
    const replays = audit("RefreshTokenReplayed", action("refresh_token_replayed"));
    alarm(
      "Replays",
      replays,
      1,
      "Tegata: a spent refresh token was shown; its session has ended. A thief, or a victim",
    );
    const behind = audit("StoreBehindToken", action("store_behind_token"));
    alarm(
      "StoreSetBack",
      behind,
      1,
      "Tegata: a refresh token is newer than its record. Was a table restored?",
    );
    const refused = audit("LoginRefused", action("login", "!=", "success"));
    alarm(
      "LoginsRefused",
      refused,
      props.refusedLogins ?? 100,
      "Tegata: many logins are refused; somebody is guessing passwords",
    );

    const logins = audit("Login", action("login", "=", "success"));
    const signUps = audit("SignUp", action("sign_up", "=", "success"));
    this.dashboard = new cloudwatch.Dashboard(this, "Dashboard");
    const graph = (title: string, left: cloudwatch.IMetric[]) =>
      new cloudwatch.GraphWidget({ title, left, width: 12 });
    this.dashboard.addWidgets(
      graph("Logins and sign-ups", [logins, signUps, refused]),
      graph("Refresh tokens shown again", [replays, behind]),
      graph("Requests", [props.stage.metricCount(sum), props.stage.metricClientError(sum), serverErrors]),
      graph("Answered in (p50, p99)", [
        props.stage.metricLatency({ statistic: "p50", period: PERIOD }),
        props.stage.metricLatency({ statistic: "p99", period: PERIOD }),
      ]),
      graph(
        "Invocations",
        [...functions.map(([, made]) => made), props.authorizer].map((made) => made.metricInvocations(sum)),
      ),
      graph("Capacity of the data table", [
        props.table.metricConsumedReadCapacityUnits(sum),
        props.table.metricConsumedWriteCapacityUnits(sum),
      ]),
    );
    if (props.budget !== undefined && props.email !== undefined) addBudget(this, props.budget, props.email);
  }

  /** Counts events of one kind over all functions. */
  #count(
    name: string,
    pattern: logs.IFilterPattern,
    logGroups: readonly logs.ILogGroup[],
  ): cloudwatch.Metric {
    const metricNamespace = this.node.path.replaceAll("/", "-");
    for (const [number, logGroup] of logGroups.entries())
      new logs.MetricFilter(this, `${name}${number}`, {
        logGroup,
        metricNamespace,
        metricName: name,
        filterPattern: pattern,
        metricValue: "1",
      });
    return new cloudwatch.Metric({
      namespace: metricNamespace,
      metricName: name,
      statistic: "Sum",
      period: PERIOD,
    });
  }
}

/** An audit event, which is a line of JSON in the log. */
function action(name: string, is?: "=" | "!=", outcome?: string): logs.IFilterPattern {
  const { FilterPattern: pattern } = logs;
  return pattern.all(
    pattern.booleanValue("$.audit", true),
    pattern.stringValue("$.action", "=", name),
    ...(is && outcome !== undefined ? [pattern.stringValue("$.outcome", is, outcome)] : []),
  );
}

function mailTopic(scope: Construct, email: string): sns.Topic {
  const topic = new sns.Topic(scope, "Topic", { displayName: "Tegata", enforceSSL: true });
  topic.addSubscription(new subscriptions.EmailSubscription(email));
  return topic;
}

function addBudget(scope: Construct, amount: number, email: string) {
  const notify = (notificationType: string, threshold: number) => ({
    notification: {
      comparisonOperator: "GREATER_THAN",
      notificationType,
      threshold,
      thresholdType: "PERCENTAGE",
    },
    subscribers: [{ subscriptionType: "EMAIL", address: email }],
  });
  new budgets.CfnBudget(scope, "Budget", {
    budget: { budgetType: "COST", timeUnit: "MONTHLY", budgetLimit: { amount, unit: "USD" } },
    notificationsWithSubscribers: [notify("ACTUAL", 80), notify("FORECASTED", 100)],
  });
}
