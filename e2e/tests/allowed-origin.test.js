import assert from "node:assert/strict";
import { after, before } from "node:test";
import { PASSWORD, signUp, tokensByApi } from "../support/actions.js";
import { startOtherOrigin } from "../support/other-origin.js";
import { suite } from "../support/suite.js";

/** @type {Awaited<ReturnType<typeof startOtherOrigin>>} */
let elsewhere;
before(async () => {
  elsewhere = await startOtherOrigin();
});
after(() => elsewhere.close());

const test = suite(() => [`cors.allowed_origins=${elsewhere.sameSite}`]);

/** Asks for the protected data from a page. @param {{ server: string, token: string }} given */
const ask = ({ server, token }) =>
  fetch(`${server}/api/protected`, { headers: { authorization: `Bearer ${token}` } }).then(
    async (answer) => `${answer.status} ${(await answer.json()).user?.username ?? "nobody"}`,
    () => "refused",
  );

test(
  "an allowed origin calls the API with a bearer token, and reads why one is refused",
  { refusals: ["401 GET /api/protected"] },
  async ({ page, server, device }) => {
    const username = await signUp(page);
    const { access_token } = await tokensByApi(server.url, username, PASSWORD);
    const other = await (await device()).page();
    await other.goto(`${elsewhere.sameSite}/`);
    assert.equal(await other.evaluate(ask, { server: server.url, token: access_token }), `200 ${username}`);
    assert.equal(await other.evaluate(ask, { server: server.url, token: "no.such.token" }), "401 nobody");
    const refusal = await other.evaluate(
      async (address) =>
        (await fetch(address, { headers: { authorization: "Bearer x" } })).headers.get("www-authenticate"),
      `${server.url}/api/protected`,
    );
    assert.match(String(refusal), /error="invalid_token"/);
  },
);

test(
  "the same server under another name is not allowed with it",
  { refusals: ["403 OPTIONS /api/protected"], console: [/blocked by CORS policy/, /net::ERR_FAILED/] },
  async ({ page, server, device }) => {
    const username = await signUp(page);
    const { access_token } = await tokensByApi(server.url, username, PASSWORD);
    const other = await (await device()).page();
    await other.goto(`${elsewhere.crossSite}/`);
    assert.equal(await other.evaluate(ask, { server: server.url, token: access_token }), "refused");
  },
);
