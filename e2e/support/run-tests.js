// Runs the files of tests in a folder: all of them, or those whose names hold one of the words that were given.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Ends the process with the outcome.
 *
 * @param {URL} folder Ends in a slash.
 * @param {{ limitMs: number, concurrency: number, env?: Record<string, string> }} how When something hangs; how many files at
 *   once; what is added to the environment.
 */
export function runTests(folder, { limitMs, concurrency, env }) {
  const here = fileURLToPath(folder);
  const given = process.argv.slice(2);
  const options = given.filter((word) => word.startsWith("-"));
  const words = given.filter((word) => !word.startsWith("-"));

  const files = readdirSync(here)
    .filter((name) => name.endsWith(".test.js"))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .map((name) => here + name);
  if (files.length === 0) {
    console.error(`no file of tests is named like ${words.join(" ")}`);
    process.exit(2);
  }
  const runner = spawn(
    process.execPath,
    ["--test", `--test-concurrency=${concurrency}`, "--test-reporter=spec", ...options, ...files],
    { cwd: here, stdio: "inherit", env: { ...process.env, ...env } },
  );
  const tooLong = setTimeout(() => runner.kill("SIGTERM"), limitMs);
  runner.on("exit", (code) => {
    clearTimeout(tooLong);
    process.exit(code ?? 1);
  });
}
