// Runs clients that others have written against the OpenID Provider: `npm run oauth -w e2e -- [words of file names]`.
//
// By default each file of tests starts the binary that TEGATA_BIN names. TEGATA_OAUTH names something else to run against;
// see support/provider.js.
import { runTests } from "../support/run-tests.js";
import { AUTHORITY } from "../support/tls-front.js";

// Read when a program starts: by Node.js, and by Python's requests.
const trust = { NODE_EXTRA_CA_CERTS: AUTHORITY, REQUESTS_CA_BUNDLE: AUTHORITY };
runTests(new URL("tests/", import.meta.url), { limitMs: 300_000, concurrency: 2, env: trust });
