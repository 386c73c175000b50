// Runs plans of the OpenID Foundation's conformance suite against the binary: `node conformance/run.js [words of plans]`.
//
// The suite itself runs already, at CONFORMANCE_SUITE; see README.md.
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Suite } from "./support/suite.js";
import { Subject } from "./support/subject.js";

const here = new URL(".", import.meta.url);
const { positionals: words } = parseArgs({ allowPositionals: true });

/**
 * @typedef {object} Expectation
 * @property {string} result
 * @property {string} because
 * @property {readonly string[]} [conditions] Those that may fail or warn; all others must hold.
 *
 * @typedef {object} Plan
 * @property {string} plan The suite's name of it.
 * @property {Record<string, string>} [variant]
 * @property {Record<string, unknown>} configuration
 */

/** @type {Record<string, Record<string, Expectation>>} */
const expected = JSON.parse(readFileSync(new URL("expected.json", here), "utf8"));
const names = readdirSync(new URL("plans/", here))
  .map((file) => file.replace(/\.json$/, ""))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
if (names.length === 0) throw new Error(`no plan is named like ${words.join(" ")}`);

const suite = new Suite(process.env["CONFORMANCE_SUITE"] ?? "https://localhost:8443");
const subject = new Subject();
/** What the operator does when a module waits for it. @type {Record<string, (() => Promise<void>) | undefined>} */
const operator = { "oidcc-server-rotate-keys": () => subject.rotateKeys() };
/** @param {string} module */
const prepare = async (module) => operator[module]?.();
let [asExpected, surprises] = [0, 0];
try {
  await suite.answers();
  await subject.start(suite.url);
  for (const name of names) {
    /** @type {Plan} */
    const plan = JSON.parse(readFileSync(new URL(`plans/${name}.json`, here), "utf8"));
    const configuration = await subject.fill(plan.configuration, suite.url);
    console.log(`\n── ${name} (${plan.plan})`);
    for await (const outcome of suite.run(plan.plan, plan.variant ?? {}, configuration, prepare)) {
      const complaint = compare(outcome, expected[name]?.[outcome.module]);
      if (complaint === undefined) asExpected++;
      else surprises++;
      console.log(`${complaint === undefined ? "✔" : "✖"} ${outcome.module}: ${outcome.result}`);
      if (complaint !== undefined) console.log(`    ${complaint}\n    ${outcome.log}`);
    }
  }
} finally {
  await subject.dispose();
}
console.log(`\n${asExpected} passed, ${surprises} failed`);
process.exitCode = surprises === 0 ? 0 : 1;

/**
 * @param {import("./support/suite.js").Outcome} outcome
 * @param {Expectation | undefined} expectation
 */
function compare({ result, complaints }, expectation) {
  const wanted = expectation?.result ?? "PASSED";
  const known = expectation?.conditions ?? [];
  const unknown = complaints.filter(({ condition }) => !known.includes(condition));
  const said = unknown.map(({ condition, message }) => `${condition}: ${message}`).join("\n    ");
  if (result !== wanted) return `${wanted} was expected${said === "" ? "" : `\n    ${said}`}`;
  return said === "" ? undefined : said;
}
