// The crate openidconnect, as a program in Rust uses it. TEGATA_OPENIDCONNECT is the program, built.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLBACK, CLIENTS } from "../support/clients.js";
import { run } from "../support/program.js";
import { provider as aProvider } from "../support/provider.js";

const provider = await aProvider({ plainHttp: true });
const program = process.env["TEGATA_OPENIDCONNECT"];

for (const name of /** @type {const} */ (["basic", "post", "public"])) {
  test(`openidconnect discovers the provider, logs in to ${name}, verifies the ID token and refreshes`, async () => {
    assert.ok(program, "TEGATA_OPENIDCONNECT names the program of oauth/openidconnect");
    const told = {
      issuer: provider.issuer,
      redirect_uri: CALLBACK,
      method: CLIENTS[name].token_endpoint_auth_method,
      ...(await provider.client(name)),
    };
    const found = await run([program], told, (url) =>
      provider.browser().arrive(url, { person: provider.person }),
    );
    assert.ok(found.sub);
    assert.deepEqual(found, { sub: found.sub, userinfo_sub: found.sub, rotated: true });
  });
}
