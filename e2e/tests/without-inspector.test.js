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
  // Nor is there a way to the page that shows the flow, or such a page.
  for (const path of ["/", "/inspector/flow", "/inspector/flow?code=code&state=state"]) {
    await page.goto(path);
    await page.waitForSelector("h1");
    await page.waitForLoadState("networkidle");
    assert.equal(await page.locator('a[href*="inspector"], .flow').count(), 0);
  }
  assert.equal(await page.textContent("h1"), "The road ends here");
  const files = loaded.map((address) => new URL(address).pathname).filter((path) => /\.(js|css)$/.test(path));
  assert.ok(files.length > 0);
  assert.deepEqual(
    files.filter((path) => !path.startsWith("/assets/index-")),
    [],
  );
});

test(
  "without the inspector its client cannot begin anything",
  { refusals: ["404 GET /oauth2/authorize"] },
  async ({ page, server }) => {
    const request = new URLSearchParams({
      response_type: "code",
      client_id: "token-inspector",
      redirect_uri: `${server.url}/inspector/flow`,
      scope: "openid",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
    });
    await page.goto(`/oauth2/authorize?${request}`);
    await page.waitForSelector("#error-page");
  },
);
