// Runs clients that others have written against the OpenID Provider: `npm run oauth -w e2e -- [words of file names]`.
//
// By default each file of tests starts the binary that TEGATA_BIN names. TEGATA_OAUTH names something else to run against;
// see support/provider.js.
import { runTests } from "../support/run-tests.js";

runTests(new URL("tests/", import.meta.url), { limitMs: 300_000, concurrency: 2 });
