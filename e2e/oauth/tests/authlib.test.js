// Authlib, as a web site in Python uses it. TEGATA_AUTHLIB_PYTHON is a Python that has it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CALLBACK, CLIENTS } from "../support/clients.js";
import { run } from "../support/program.js";
import { provider as aProvider } from "../support/provider.js";

const provider = await aProvider();
const python = process.env["TEGATA_AUTHLIB_PYTHON"];
const script = fileURLToPath(new URL("../authlib_client.py", import.meta.url));

for (const name of /** @type {const} */ (["basic", "post", "signing"])) {
  test(`Authlib logs in to ${name}, refreshes, introspects and revokes`, async () => {
    assert.ok(python, "TEGATA_AUTHLIB_PYTHON names a Python with Authlib");
    const told = {
      issuer: provider.issuer,
      redirect_uri: CALLBACK,
      method: CLIENTS[name].token_endpoint_auth_method,
      ...(await provider.client(name)),
    };
    const found = await run([python, script], told, (url) =>
      provider.browser().arrive(url, { person: provider.person }),
    );
    assert.ok(found.sub);
    assert.deepEqual(found, {
      sub: found.sub,
      userinfo_sub: found.sub,
      rotated: true,
      active: true,
      revoked: false,
      replayed: "invalid_grant",
    });
  });
}
