// Runs the browser tests: `npm test -w e2e -- [words of file names] [options of node --test]`.
import { spawn } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** All tests together take less than three minutes; something hangs that takes longer than this. */
const LIMIT_MS = 600_000;

const here = fileURLToPath(new URL(".", import.meta.url));
const given = process.argv.slice(2);
const options = given.filter((word) => word.startsWith("-"));
const words = given.filter((word) => !word.startsWith("-"));

const files = readdirSync(`${here}tests`)
  .filter((name) => name.endsWith(".test.js"))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .map((name) => `tests/${name}`);
if (files.length === 0) {
  console.error(`no file of tests is named like ${words.join(" ")}`);
  process.exit(2);
}

rmSync(`${here}results`, { recursive: true, force: true });
const runner = spawn(
  process.execPath,
  // Much of a test is waiting for tokens to expire, so three files at once disturb each other little.
  ["--test", "--test-concurrency=3", "--test-reporter=spec", ...options, ...files],
  { cwd: here, stdio: "inherit" },
);
const tooLong = setTimeout(() => runner.kill("SIGTERM"), LIMIT_MS);
runner.on("exit", (code) => {
  clearTimeout(tooLong);
  process.exit(code ?? 1);
});
