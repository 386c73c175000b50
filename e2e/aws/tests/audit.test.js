// What is in the log, found with the patterns that the alarms count with.
import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { call } from "../support/aws.js";
import { ask } from "../support/client.js";
import { findDeployment } from "../support/deployment.js";
import { logIn, refresh, signUp } from "../support/people.js";

const { api } = await findDeployment();

/**
 * What a filter pattern of the template says of an event. The emulator reads no patterns for JSON; these are conjunctions of three
 * kinds of terms, and anything else fails.
 *
 * @param {string} pattern
 * @param {Record<string, unknown>} event
 */
function matches(pattern, event) {
  const inner = /^\{ (.*) \}$/.exec(pattern)?.[1] ?? assert.fail(pattern);
  return inner.split(" && ").every((term) => {
    const [, name = "", operator, value] =
      /^\(\$\.(\w+) (IS TRUE|=|!=)(?: "([^"]*)")?\)$/.exec(term) ?? assert.fail(term);
    if (operator === "IS TRUE") return event[name] === true;
    // A field that is not there is neither.
    return name in event && (event[name] === value) === (operator === "=");
  });
}

/** The events in one function's log that a filter of the template counts. @param {string} metric @param {string} log */
async function counted(metric, log) {
  const filter = Object.values(api.resources).find(
    ({ Type, Properties }) =>
      Type === "AWS::Logs::MetricFilter" && Properties["MetricTransformations"][0].MetricName === metric,
  );
  const { body } = await call("logs", "FilterLogEvents", {
    logGroupName: api.name("AWS::Logs::LogGroup", new RegExp(`^TegataFunctions${log}`)),
  });
  const lines = body["events"].flatMap((/** @type {{ message: string }} */ { message }) =>
    message.split("\n"),
  );
  return lines
    .filter((/** @type {string} */ line) => line.startsWith("{"))
    .map((/** @type {string} */ line) => JSON.parse(line))
    .filter((/** @type {Record<string, unknown>} */ event) =>
      matches(filter?.Properties["FilterPattern"], event),
    );
}

/** Until it is there: a log is written beside the answer. @param {() => Promise<any[]>} look @param {number} count */
async function eventually(look, count) {
  for (let tries = 0; tries < 50; tries++) {
    const found = await look();
    if (found.length >= count) return found;
    await wait(200);
  }
  return look();
}

test("a spent refresh token is counted, with whose it was and no part of it", async () => {
  const person = await signUp();
  const before = (await counted("RefreshTokenReplayed", "Refresh")).length;
  const { refresh_token } = await logIn(person);
  const second = await refresh(refresh_token);
  await refresh(second.json.refresh_token);
  assert.equal((await refresh(refresh_token)).status, 401);
  const events = await eventually(() => counted("RefreshTokenReplayed", "Refresh"), before + 1);
  assert.equal(events.length, before + 1);
  const event = events.at(-1);
  assert.equal(event.user_id, person.sub);
  assert.ok(!JSON.stringify(events).includes(refresh_token.slice(4, 40)));
});

test("a refused login is counted as such, and a good one is not", async () => {
  const person = await signUp();
  const before = (await counted("LoginRefused", "Login")).length;
  await logIn(person);
  const refused = await ask("POST", "/auth/login", {
    body: { username: person.username, password: "not the password at all" },
  });
  assert.equal(refused.status, 401);
  const events = await eventually(() => counted("LoginRefused", "Login"), before + 1);
  assert.equal(events.length, before + 1);
  assert.equal(events.at(-1).outcome, "failure");
  assert.ok(!JSON.stringify(events).includes("not the password"));
});
