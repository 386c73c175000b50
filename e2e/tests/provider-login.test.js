// An application of somebody else logs its users in, in a browser without scripts.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { freshName } from "../support/actions.js";
import { allow, confirmAt, heading, logInAt, makeAccount, signUpAt } from "../support/provider-pages.js";
import { NAME, relyingParty } from "../support/relying-party.js";
import { suite } from "../support/suite.js";

const test = suite();
const plain = { device: { javaScriptEnabled: false } };

/** What the browser asks for, as `POST /oauth2/login`. @param {import("playwright-core").Page} page */
function watchRequests(page) {
  /** @type {string[]} */
  const asked = [];
  page.context().on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    asked.push(`${request.method()} ${origin}${pathname}`);
  });
  return asked;
}

test(
  "someone without an account makes one on the way, allows, and is not asked again",
  plain,
  async ({ page, server }) => {
    const wiki = await relyingParty(server);
    const asked = watchRequests(page);
    const username = freshName();
    const login = await wiki.login();
    await page.goto(login.url);
    assert.equal(await heading(page), "Log in");
    assert.ok((await page.textContent("main"))?.includes(NAME));

    await signUpAt(page, username);
    assert.equal(await heading(page), "Allow access?");
    assert.ok((await page.textContent("main"))?.includes(username));
    assert.equal(await page.textContent(".address"), new URL(wiki.origin).host);
    assert.match(String(await page.textContent("main")), /See your e-mail address[^]*Keep this access/);
    await allow(page);
    await wiki.arrives(page);

    const given = await wiki.tokens(login);
    const { sub, auth_time: since = 0 } = given.claims() ?? assert.fail("no ID token");
    const user = await client.fetchUserInfo(wiki.config, given.access_token, sub);
    assert.equal(user.preferred_username, username);
    const renewed = await client.refreshTokenGrant(wiki.config, given.refresh_token ?? "");
    assert.equal((await client.fetchUserInfo(wiki.config, renewed.access_token, sub)).sub, sub);

    const from = asked.length;
    const again = await wiki.quietly(page);
    assert.equal(again.claims()?.sub, sub);
    assert.equal(again.claims()?.auth_time, since);
    assert.deepEqual(asked.slice(from), [`GET ${server.url}/oauth2/authorize`, `GET ${wiki.callback}`]);

    // Nobody else was asked for anything, and no password was sent twice.
    const origins = new Set(asked.map((request) => new URL(request.split(" ")[1] ?? "").origin));
    assert.deepEqual([...origins].sort(), [server.url, wiki.origin].sort());
  },
);

test(
  "a sign-up that is refused says why, and goes on to the same application",
  plain,
  async ({ page, server }) => {
    const wiki = await relyingParty(server);
    const username = freshName();
    await makeAccount(server.url, username);
    const login = await wiki.login();
    await page.goto(login.url);
    await signUpAt(page, username);
    assert.equal(await page.textContent("#username-error"), "This user name is already taken.");
    assert.equal(await page.getAttribute("#username", "aria-invalid"), "true");
    await signUpAt(page, freshName());
    await allow(page);
    await wiki.arrives(page);
    assert.ok((await wiki.tokens(login)).claims());
  },
);

test(
  "a sign-up says for which application it is, and leads there at once where nobody has to be asked",
  plain,
  async ({ page, server }) => {
    const house = await relyingParty(server, "house", { trusted: true });
    for (const push of [false, true]) {
      await page.context().clearCookies();
      const login = await house.login({ push });
      await page.goto(login.url);
      await page.click('a[href^="/oauth2/signup"]');
      assert.equal(await page.textContent("main .lead"), `Create an account to continue to ${NAME}.`);
      await signUpAt(page, freshName());
      await house.arrives(page);
      assert.ok((await house.tokens(login)).claims());
    }
  },
);

test(
  "whoever was sent to sign up and has an account gets to the login page",
  plain,
  async ({ page, server }) => {
    const wiki = await relyingParty(server);
    const username = freshName();
    await makeAccount(server.url, username);
    const login = await wiki.login({ more: { prompt: "create" } });
    await page.goto(login.url);
    assert.equal(await heading(page), "Sign up");
    await page.click("main .below a");
    assert.equal(await heading(page), "Log in");
    await logInAt(page, username);
    await allow(page);
    await wiki.arrives(page);
    assert.ok((await wiki.tokens(login)).claims());
  },
);

test(
  "a wrong password is told and the way goes on; whoever says no sends the application an error",
  plain,
  async ({ page, server }) => {
    const wiki = await relyingParty(server);
    const username = freshName();
    await makeAccount(server.url, username);
    const login = await wiki.login();
    await page.goto(login.url);
    await logInAt(page, username, "no password of anyone");
    assert.equal(await page.textContent("#login-error"), "User name or password is wrong.");
    assert.equal(await page.getAttribute("#password", "aria-describedby"), "login-error");
    assert.match(await page.title(), /^Problem: /);
    await logInAt(page, username);
    await page.click("#consent-deny");
    await wiki.arrives(page);
    await assert.rejects(wiki.tokens(login), (thrown) => {
      assert.ok(thrown instanceof client.AuthorizationResponseError, String(thrown));
      assert.equal(thrown.error, "access_denied");
      return true;
    });
    // To have said no is not to be logged out, and is not remembered as a yes.
    await page.goto((await wiki.login()).url);
    assert.equal(await heading(page), "Allow access?");
  },
);

test(
  "prompt=login asks for the password of whoever is logged in, and tells when that was",
  plain,
  async ({ page, server }) => {
    const wiki = await relyingParty(server);
    const username = freshName();
    await makeAccount(server.url, username);
    const first = await wiki.login();
    await page.goto(first.url);
    await logInAt(page, username);
    await allow(page);
    await wiki.arrives(page);
    const { auth_time: since = 0, sub } = (await wiki.tokens(first)).claims() ?? assert.fail("no ID token");

    // `auth_time` counts seconds.
    await page.waitForTimeout(1_000);
    const again = await wiki.login({ more: { prompt: "login" } });
    await page.goto(again.url);
    assert.equal(await heading(page), "Confirm that it is you");
    assert.equal(await page.inputValue("#identifier"), username);
    assert.equal(await page.locator("#identifier").getAttribute("readonly"), "");
    await confirmAt(page, "no password of anyone");
    assert.equal(await page.textContent("#login-error"), "User name or password is wrong.");
    await confirmAt(page);
    await wiki.arrives(page);
    const claims = (await wiki.tokens(again)).claims();
    assert.equal(claims?.sub, sub);
    assert.ok((claims?.auth_time ?? 0) > since, "the login is a new one");
  },
);

test("going back and loading again sends no form a second time", plain, async ({ page, server }) => {
  const wiki = await relyingParty(server);
  const username = freshName();
  await makeAccount(server.url, username);
  const login = await wiki.login();
  await page.goto(login.url);
  const asked = watchRequests(page);
  await logInAt(page, username);
  await page.reload();
  assert.equal(await heading(page), "Allow access?");
  await page.goBack();
  // The page of the login is not shown to whoever is logged in.
  assert.equal(await heading(page), "Allow access?");
  await page.goForward();
  await allow(page);
  await wiki.arrives(page);
  await page.goBack();
  await page.reload();
  await page.goForward();
  const posts = asked.filter((request) => request.startsWith("POST"));
  assert.deepEqual(posts, [`POST ${server.url}/oauth2/login`, `POST ${server.url}/oauth2/consent`]);
});

for (const [name, javaScriptEnabled] of /** @type {const} */ ([
  ["by a button where there are no scripts", false],
  ["by itself where there are", true],
])) {
  test(`an answer in a form is sent ${name}`, { device: { javaScriptEnabled } }, async ({ page, server }) => {
    const wiki = await relyingParty(server);
    const username = freshName();
    await makeAccount(server.url, username);
    const login = await wiki.login({ more: { response_mode: "form_post" } });
    await page.goto(login.url);
    await logInAt(page, username);
    await allow(page);
    if (!javaScriptEnabled) {
      assert.equal(await heading(page), "One moment …");
      await page.click("#form-post-submit");
    }
    await wiki.arrives(page);
    assert.ok(wiki.answers.at(-1) instanceof Request);
    assert.ok((await wiki.tokens(login)).claims());
    assert.equal(new URL(page.url()).search, "", "nothing of it is in an address");
  });
}
