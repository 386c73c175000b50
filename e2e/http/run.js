// Runs the HTTP suite against whatever answers at TEGATA_URL: `npm run http -w e2e -- [words of file names]`.
//
// It is the same for every shape of the product and knows no more of it than its address. Access tokens must live for
// seconds only there, such as `tokens.access_token_ttl=3s`.
import { runTests } from "../support/run-tests.js";

runTests(new URL(".", import.meta.url), { limitMs: 300_000, concurrency: 2 });
