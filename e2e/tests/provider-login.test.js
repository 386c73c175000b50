// An application of somebody else logs its users in, in a browser without scripts.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { freshName } from "../support/actions.js";
import { startOtherOrigin } from "../support/other-origin.js";
import { heading } from "../support/provider-pages.js";
import { NAME, relyingParty } from "../support/relying-party.js";
import { suite } from "../support/suite.js";
import { member, newcomer } from "../support/visitor.js";

const test = suite();
const plain = { device: { javaScriptEnabled: false } };
const WRONG = "no password of anyone";

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

/** @param {{ claims(): client.IDToken | undefined }} tokens */
function claimsOf(tokens) {
  return tokens.claims() ?? assert.fail("no ID token");
}

test(
  "someone without an account makes one on the way, allows, and is not asked again",
  plain,
  async (stage) => {
    const { page, server } = stage;
    const guest = await newcomer(stage);
    const wiki = guest.party;
    const asked = watchRequests(page);
    await guest.comes();
    assert.equal(await heading(page), "Log in");
    assert.ok((await page.textContent("main"))?.includes(NAME));

    await guest.signsUp();
    assert.equal(await heading(page), "Allow access?");
    assert.ok((await page.textContent("main"))?.includes(guest.username));
    assert.equal(await page.textContent(".address"), new URL(wiki.origin).host);
    assert.match(String(await page.textContent("main")), /See your e-mail address[^]*Keep this access/);
    await guest.allows();
    const given = await guest.arrives();

    const { sub, auth_time: since = 0 } = claimsOf(given);
    const user = await client.fetchUserInfo(wiki.config, given.access_token, sub);
    assert.equal(user.preferred_username, guest.username);
    const renewed = await client.refreshTokenGrant(wiki.config, given.refresh_token ?? "");
    assert.equal((await client.fetchUserInfo(wiki.config, renewed.access_token, sub)).sub, sub);

    const from = asked.length;
    await guest.comes();
    const again = claimsOf(await guest.arrives());
    assert.equal(again.sub, sub);
    assert.equal(again.auth_time, since);
    assert.deepEqual(asked.slice(from), [`GET ${server.url}/oauth2/authorize`, `GET ${wiki.callback}`]);

    // Nobody else was asked for anything, and no password was sent twice.
    const origins = new Set(asked.map((request) => new URL(request.split(" ")[1] ?? "").origin));
    assert.deepEqual([...origins].sort(), [server.url, wiki.origin].sort());
  },
);

test("a sign-up that is refused says why, and goes on to the same application", plain, async (stage) => {
  const { page } = stage;
  const guest = await member(stage);
  await guest.comes();
  await guest.signsUp();
  assert.equal(await page.textContent("#username-error"), "This user name is already taken.");
  assert.equal(await page.getAttribute("#username", "aria-invalid"), "true");
  guest.username = freshName();
  await guest.signsUp();
  await guest.allows();
  assert.ok(claimsOf(await guest.arrives()));
});

test(
  "a sign-up says for which application it is, and leads there at once where nobody has to be asked",
  plain,
  async (stage) => {
    const { page, server } = stage;
    const house = await relyingParty(server, "house", { trusted: true });
    for (const push of [false, true]) {
      await page.context().clearCookies();
      const guest = await newcomer(stage, house);
      await guest.comes({ push });
      await page.click('a[href^="/oauth2/signup"]');
      assert.equal(await page.textContent("main .lead"), `Create an account to continue to ${NAME}.`);
      await guest.signsUp();
      assert.ok(claimsOf(await guest.arrives()));
    }
  },
);

test(
  "an application sends its users on to another origin, after a login and after what they allow",
  plain,
  async (stage) => {
    const { page, server } = stage;
    const elsewhere = await startOtherOrigin();
    try {
      const proxy = await relyingParty(server, "proxy");
      proxy.onward = `${elsewhere.crossSite}/`;
      const guest = await member(stage, proxy);
      await guest.comes();
      await guest.logsIn();
      await guest.allows();
      assert.ok(claimsOf(await guest.arrives()));
      await page.context().clearCookies();
      await guest.comes();
      await guest.logsIn();
      assert.ok(claimsOf(await guest.arrives()), "nothing is asked but the login");
    } finally {
      elsewhere.close();
    }
  },
);

test("whoever was sent to sign up and has an account gets to the login page", plain, async (stage) => {
  const { page } = stage;
  const guest = await member(stage);
  await guest.comes({ more: { prompt: "create" } });
  assert.equal(await heading(page), "Sign up");
  await page.click("main .below a");
  assert.equal(await heading(page), "Log in");
  await guest.logsIn();
  await guest.allows();
  assert.ok(claimsOf(await guest.arrives()));
});

test(
  "a wrong password is told and the way goes on; whoever says no sends the application an error",
  plain,
  async (stage) => {
    const { page } = stage;
    const guest = await member(stage);
    await guest.comes();
    await guest.logsIn(WRONG);
    assert.equal(await page.textContent("#login-error"), "User name or password is wrong.");
    assert.equal(await page.getAttribute("#password", "aria-describedby"), "login-error");
    assert.match(await page.title(), /^Problem: /);
    await guest.logsIn();
    await guest.refuses();
    await assert.rejects(guest.arrives(), (thrown) => {
      assert.ok(thrown instanceof client.AuthorizationResponseError, String(thrown));
      assert.equal(thrown.error, "access_denied");
      return true;
    });
    // To have said no is not to be logged out, and is not remembered as a yes.
    await guest.comes();
    assert.equal(await heading(page), "Allow access?");
  },
);

test(
  "prompt=login asks for the password of whoever is logged in, and tells when that was",
  plain,
  async (stage) => {
    const { page } = stage;
    const guest = await member(stage);
    await guest.comes();
    await guest.logsIn();
    await guest.allows();
    const first = claimsOf(await guest.arrives());

    // `auth_time` counts seconds.
    await page.waitForTimeout(1_000);
    await guest.comes({ more: { prompt: "login" } });
    assert.equal(await heading(page), "Confirm that it is you");
    assert.equal(await page.inputValue("#identifier"), guest.username);
    assert.equal(await page.locator("#identifier").getAttribute("readonly"), "");
    await guest.confirms(WRONG);
    assert.equal(await page.textContent("#login-error"), "User name or password is wrong.");
    await guest.confirms();
    const again = claimsOf(await guest.arrives());
    assert.equal(again.sub, first.sub);
    assert.ok((again.auth_time ?? 0) > (first.auth_time ?? 0), "the login is a new one");
  },
);

test("going back and loading again sends no form a second time", plain, async (stage) => {
  const { page, server } = stage;
  const guest = await member(stage);
  await guest.comes();
  const asked = watchRequests(page);
  await guest.logsIn();
  await page.reload();
  assert.equal(await heading(page), "Allow access?");
  await page.goBack();
  // The page of the login is not shown to whoever is logged in.
  assert.equal(await heading(page), "Allow access?");
  await page.goForward();
  await guest.allows();
  await guest.party.arrives(page);
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
  test(`an answer in a form is sent ${name}`, { device: { javaScriptEnabled } }, async (stage) => {
    const { page } = stage;
    const guest = await member(stage);
    await guest.comes({ more: { response_mode: "form_post" } });
    await guest.logsIn();
    await guest.allows();
    if (!javaScriptEnabled) {
      assert.equal(await heading(page), "One moment …");
      await page.click("#form-post-submit");
    }
    assert.ok(claimsOf(await guest.arrives()));
    assert.ok(guest.party.answers.at(-1) instanceof Request);
    assert.equal(new URL(page.url()).search, "", "nothing of it is in an address");
  });
}
