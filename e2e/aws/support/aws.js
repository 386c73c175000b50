// Signed requests to the services that the deployment stands on: to look at it, and to act as one of its functions.
import { AwsClient } from "aws4fetch";

/** @typedef {{ accessKeyId: string, secretAccessKey: string, sessionToken?: string }} Credentials */

export const endpoint = required("AWS_ENDPOINT_URL");
const region = required("AWS_REGION");
/** Those of the one who deploys. */
export const own = {
  accessKeyId: required("AWS_ACCESS_KEY_ID"),
  secretAccessKey: required("AWS_SECRET_ACCESS_KEY"),
};

/** @param {string} name */
export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`cargo xtask e2e-aws\``);
  return value;
}

/**
 * @param {string} service
 * @param {string} path
 * @param {RequestInit} init
 * @param {Credentials} credentials
 */
export function signed(service, path, init = {}, credentials = own) {
  // Without retries: a refusal is what many of these requests are made for.
  const client = new AwsClient({ ...credentials, service, region, retries: 0 });
  return client.fetch(endpoint + path, init);
}

/**
 * A call of the JSON protocol; a refusal is an answer, too.
 *
 * @param {"dynamodb" | "kms" | "logs" | "secretsmanager"} service
 * @param {string} action
 * @param {object} input
 * @param {Credentials} [credentials]
 */
export async function call(service, action, input, credentials) {
  const prefix = {
    dynamodb: "DynamoDB_20120810",
    kms: "TrentService",
    logs: "Logs_20140328",
    secretsmanager: "secretsmanager",
  }[service];
  const type = service === "dynamodb" ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1";
  const answer = await signed(
    service,
    "/",
    {
      method: "POST",
      headers: { "content-type": type, "x-amz-target": `${prefix}.${action}` },
      body: JSON.stringify(input),
    },
    credentials,
  );
  const body = /** @type {Record<string, any>} */ (await answer.json());
  // `com.amazonaws.dynamodb#AccessDeniedException` and the like.
  const error = answer.ok ? undefined : String(body["__type"]).replace(/^.*#/, "");
  return { error, body };
}

/**
 * A call of the query protocol.
 *
 * @param {"cloudformation" | "sts" | "iam"} service
 * @param {Record<string, string>} parameters
 */
async function query(service, parameters) {
  const answer = await signed(service, "/", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(parameters).toString(),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${parameters["Action"]}: ${text}`);
  return text;
}

/** @param {string} xml @param {string} name */
const element = (xml, name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "";

/**
 * What a stack has made, by its name in the template.
 *
 * @param {string} stack
 * @returns {Promise<Map<string, string>>}
 */
export async function resourcesOf(stack) {
  const text = await query("cloudformation", {
    Action: "DescribeStackResources",
    Version: "2010-05-15",
    StackName: stack,
  });
  return new Map(
    text
      .split("<member>")
      .slice(1)
      .map((member) => [element(member, "LogicalResourceId"), element(member, "PhysicalResourceId")]),
  );
}

/** The credentials that a function has, by the name of its role. @param {string} role @returns {Promise<Credentials>} */
export async function credentialsOf(role) {
  const text = await query("sts", {
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: `arn:aws:iam::${required("AWS_ACCOUNT_ID")}:role/${role}`,
    RoleSessionName: "e2e",
  });
  return {
    accessKeyId: element(text, "AccessKeyId"),
    secretAccessKey: element(text, "SecretAccessKey"),
    sessionToken: element(text, "SessionToken"),
  };
}

/**
 * The credentials of somebody new, who has these rights and no others.
 *
 * @param {string} name
 * @param {{ Action: readonly string[], Resource: string }[]} statements
 */
export async function credentialsWith(name, statements) {
  const common = { Version: "2010-05-08", RoleName: name };
  const document = (/** @type {object[]} */ Statement) =>
    JSON.stringify({ Version: "2012-10-17", Statement });
  const mayBecome = {
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: { AWS: `arn:aws:iam::${required("AWS_ACCOUNT_ID")}:root` },
  };
  await query("iam", { ...common, Action: "CreateRole", AssumeRolePolicyDocument: document([mayBecome]) });
  const rights = document(statements.map((statement) => ({ Effect: "Allow", ...statement })));
  await query("iam", { ...common, Action: "PutRolePolicy", PolicyName: "rights", PolicyDocument: rights });
  return credentialsOf(name);
}

/** Takes away what `credentialsWith` has made. @param {string} name */
export async function forget(name) {
  const common = { Version: "2010-05-08", RoleName: name };
  await query("iam", { ...common, Action: "DeleteRolePolicy", PolicyName: "rights" });
  await query("iam", { ...common, Action: "DeleteRole" });
}

/** The ARN of a table. @param {string} name */
export function tableArn(name) {
  return `arn:aws:dynamodb:${region}:${required("AWS_ACCOUNT_ID")}:table/${name}`;
}

/** Runs a function with an event. @param {string} name @param {object} [event] */
export async function invoke(name, event = {}) {
  const answer = await signed("lambda", `/2015-03-31/functions/${name}/invocations`, {
    method: "POST",
    body: JSON.stringify(event),
  });
  return { failed: answer.headers.get("x-amz-function-error") !== null, body: await answer.json() };
}

/** What a function is set to. @param {string} name */
export async function configuration(name) {
  const answer = await signed("lambda", `/2015-03-31/functions/${name}/configuration`);
  return /** @type {Promise<{ Environment: { Variables: Record<string, string> }, MemorySize: number }>} */ (
    answer.json()
  );
}

/** Sets the environment of a function. @param {string} name @param {Record<string, string>} Variables */
export async function setEnvironment(name, Variables) {
  const answer = await signed("lambda", `/2015-03-31/functions/${name}/configuration`, {
    method: "PUT",
    body: JSON.stringify({ Environment: { Variables } }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}
