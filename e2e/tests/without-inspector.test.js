import assert from "node:assert/strict";
import { follow, signUp } from "../support/actions.js";
import { findsNoToken, watchTokens } from "../support/secrets.js";
import { suite } from "../support/suite.js";

const test = suite(() => ["server.token_inspector=false"]);

test("without the inspector its code is not even loaded, and no token is in reach of a script", async ({
  page,
}) => {
  const tokens = watchTokens(page.context());
  /** @type {string[]} */
  const loaded = [];
  page.on("request", (request) => loaded.push(request.url()));
  await signUp(page);
  for (const path of ["/profile", "/devices", "/password", "/protected"]) {
    await follow(page, path);
    await page.waitForLoadState("networkidle");
    assert.equal(await page.locator("#token-inspector").count(), 0);
    await findsNoToken(page, await tokens());
  }
  assert.deepEqual(
    loaded.filter((address) => address.includes("inspector")),
    [],
  );
});
