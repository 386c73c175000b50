// Runs the browser tests: `npm test -w e2e -- [words of file names] [options of node --test]`.
import { rmSync } from "node:fs";
import { runTests } from "./support/run-tests.js";

rmSync(new URL("results/", import.meta.url), { recursive: true, force: true });
// All together take less than four minutes; something hangs that takes longer than ten. Much of a test is waiting for
// tokens to expire, so three files at once disturb each other little.
runTests(new URL("tests/", import.meta.url), { limitMs: 600_000, concurrency: 3 });
