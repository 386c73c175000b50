// What else the provider shows: logouts, devices, errors, what a user has allowed. In a browser without scripts.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { freshName } from "../support/actions.js";
import { SCREEN } from "../support/every-provider-page.js";
import { checkJapanese } from "../support/japanese.js";
import { allow, heading, logInAt, makeAccount } from "../support/provider-pages.js";
import { NAME, relyingParty } from "../support/relying-party.js";
import { suite } from "../support/suite.js";
import { member } from "../support/visitor.js";

const test = suite();
const plain = { device: { javaScriptEnabled: false } };

/**
 * Somebody who has logged in to the wiki.
 *
 * @param {import("../support/suite.js").Stage} stage
 * @param {import("../support/relying-party.js").Wish} [wish]
 */
async function guest(stage, wish) {
  const visitor = await member(stage);
  await visitor.comes(wish);
  await visitor.logsIn();
  await visitor.allows();
  return { wiki: visitor.party, username: visitor.username, tokens: await visitor.arrives() };
}

/** @param {Promise<unknown>} request @param {string} error */
async function refused(request, error) {
  await assert.rejects(request, (thrown) => {
    assert.ok(thrown instanceof client.ResponseBodyError, String(thrown));
    assert.equal(thrown.error, error);
    return true;
  });
}

test(
  "a logout that nobody has proved is a question, and then leads back to the application",
  plain,
  async (stage) => {
    const { page } = stage;
    const { wiki, username, tokens } = await guest(stage, { scope: "openid" });
    const { client_id } = wiki.config.clientMetadata();
    const goodbye = { post_logout_redirect_uri: wiki.goodbye, state: "over" };
    const question = client.buildEndSessionUrl(wiki.config, { client_id, ...goodbye });
    await page.goto(question.href);
    assert.equal(await heading(page), "Log out?");
    const said = await page.textContent("main");
    assert.ok(said?.includes(NAME) && said.includes(username));

    await page.click("#logout-cancel");
    assert.equal(await heading(page), "Apps with access");
    assert.equal((await wiki.quietly(page, { scope: "openid" })).claims()?.sub, tokens.claims()?.sub);

    await page.goto(question.href);
    await page.click("#logout-confirm");
    await wiki.arrives(page, wiki.goodbye);
    assert.equal(new URL(page.url()).search, "?state=over");
    const quiet = await wiki.login({ scope: "openid", more: { prompt: "none" } });
    await page.goto(quiet.url);
    await wiki.arrives(page);
    await assert.rejects(wiki.tokens(quiet), { error: "login_required" });
  },
);

test("a logout with the ID token of this very login asks nothing", plain, async (stage) => {
  const { page } = stage;
  const { wiki, tokens } = await guest(stage, { scope: "openid" });
  const end = client.buildEndSessionUrl(wiki.config, { id_token_hint: tokens.id_token ?? "" });
  await page.goto(end.href);
  assert.equal(await heading(page), "You are logged out");
  await page.goto((await wiki.login()).url);
  assert.equal(await heading(page), "Log in");
});

test(
  "nobody is sent to an address that was not registered, before a login or after a logout",
  {
    ...plain,
    refusals: ["400 GET /oauth2/authorize", "404 GET /oauth2/authorize", "400 GET /oauth2/logout"],
  },
  async (stage) => {
    const { page, server } = stage;
    const { wiki, tokens } = await guest(stage, { scope: "openid" });
    const sent = wiki.answers.length;
    const request = new URL((await wiki.login()).url);
    const wrong = [
      { parameter: "client_id", value: "nobody", said: "invalid_client" },
      { parameter: "redirect_uri", value: `${wiki.callback}/`, said: "invalid_request" },
      { parameter: "redirect_uri", value: "https://thief.example/", said: "invalid_request" },
      { parameter: "redirect_uri", value: "javascript:alert(1)", said: "invalid_request" },
    ];
    for (const { parameter, value, said } of wrong) {
      const bad = new URL(request);
      bad.searchParams.set(parameter, value);
      await page.goto(bad.href);
      await page.waitForSelector("main#error-page");
      assert.equal(page.url(), bad.href, "the browser stays where it is");
      assert.equal(await page.textContent("#error-page code"), said);
      assert.equal(await page.locator("a").count(), 0, "and nothing leads there");
    }
    const end = client.buildEndSessionUrl(wiki.config, {
      id_token_hint: tokens.id_token ?? "",
      post_logout_redirect_uri: "https://thief.example/",
    });
    await page.goto(end.href);
    await page.waitForSelector("main#error-page");
    assert.equal(wiki.answers.length, sent);

    // What a person is asked to pass on is what the operator finds in the log.
    const id = await page.textContent("#error-page .facts div:last-child code");
    assert.match(String(id), /^[0-9a-f]{16}$/);
    assert.ok(server.log.includes(`"request_id":"${id}"`));
  },
);

test("a device is let in on another screen, or turned away", plain, async ({ page, server }) => {
  const username = freshName();
  await makeAccount(server.url, username);
  const screen = await relyingParty(server, "screen", SCREEN);
  const first = await client.initiateDeviceAuthorization(screen.config, { scope: "openid profile" });
  const second = await client.initiateDeviceAuthorization(screen.config, { scope: "openid" });
  // As devices do: they ask while their users are on the way, every five seconds.
  const letIn = client.pollDeviceAuthorizationGrant(screen.config, first);
  const turnedAway = refused(client.pollDeviceAuthorizationGrant(screen.config, second), "access_denied");
  await page.goto(first.verification_uri);
  assert.equal(await heading(page), "Log in");
  await logInAt(page, username);
  assert.equal(await heading(page), "Connect a device");
  await page.fill("#device-code", "BCDF-GHJK");
  await page.click("#device-submit");
  assert.match(String(await page.textContent("#device-error")), /no such code/);
  // As a person types it.
  await page.fill("#device-code", first.user_code.toLowerCase().replace("-", " "));
  await page.click("#device-submit");
  assert.equal(await heading(page), "Connect this device?");
  assert.equal(await page.textContent(".user-code"), first.user_code);
  assert.match(String(await page.textContent(".warning")), /do not allow it/);
  await allow(page);
  assert.equal(await heading(page), "The device is connected");
  await page.goto(second.verification_uri_complete ?? "");
  assert.equal(await heading(page), "Connect this device?");
  await page.click("#consent-deny");
  assert.equal(await heading(page), "The device is not connected");
  await turnedAway;

  const given = await letIn;
  const sub = given.claims()?.sub ?? "";
  const user = await client.fetchUserInfo(screen.config, given.access_token, sub);
  assert.equal(user.preferred_username, username);
});

test(
  "a user sees what they have allowed and takes it back, and the application is out",
  plain,
  async (stage) => {
    const { page, device } = stage;
    const { wiki, username, tokens } = await guest(stage, { more: { prompt: "consent" } });
    const renewed = await client.refreshTokenGrant(wiki.config, tokens.refresh_token ?? "");
    const apps = await (await device(plain.device)).page();
    await apps.goto("/oauth2/apps");
    assert.equal(await heading(apps), "Log in", "another browser does not know who they are");
    await logInAt(apps, username);
    assert.equal(await heading(apps), "Apps with access");
    assert.equal(await apps.textContent(".apps h2"), NAME);
    assert.match(String(await apps.textContent(".apps")), /See your e-mail address/);
    await apps.click("#revoke-1");
    assert.equal(await apps.textContent("main .lead"), "No app has access to your account.");
    await refused(client.refreshTokenGrant(wiki.config, renewed.refresh_token ?? ""), "invalid_grant");
    await assert.rejects(client.fetchUserInfo(wiki.config, renewed.access_token, client.skipSubjectCheck));
    // It has to ask again, also where it has just been.
    await page.goto((await wiki.login()).url);
    assert.equal(await heading(page), "Allow access?");
  },
);

test(
  "pages speak the language that the application asks for, or else the browser's",
  { ...plain, refusals: ["404 GET /oauth2/authorize"] },
  async ({ page, server, device }) => {
    const wiki = await relyingParty(server);
    const username = freshName();
    await makeAccount(server.url, username);
    const names = [username, NAME, new URL(wiki.origin).host, "Tegata"];
    const japanese = async (/** @type {string} */ title) => {
      assert.equal(await heading(page), title);
      assert.equal(await page.getAttribute("html", "lang"), "ja");
      await checkJapanese(page, names);
    };
    const login = await wiki.login({ more: { ui_locales: "fr ja" } });
    const unknown = new URL(login.url);
    unknown.searchParams.set("client_id", "nobody");
    await page.goto(unknown.href);
    await japanese("うまくいきませんでした");
    await page.goto(login.url);
    await japanese("ログイン");
    await page.click('a[href^="/oauth2/signup"]');
    await japanese("新規登録");
    await page.goBack();
    await logInAt(page, username, "no password of anyone");
    await japanese("ログイン");
    await logInAt(page, username);
    await japanese("アクセスを許可しますか？");
    await allow(page);
    await wiki.arrives(page);
    const end = client.buildEndSessionUrl(wiki.config, { ui_locales: "ja" });
    await page.goto(end.href);
    await japanese("ログアウトしますか？");
    await page.click("#logout-confirm");

    // Without a wish of the application's: `en-GB` here, and there a browser that speaks Japanese.
    await page.goto((await wiki.login()).url);
    assert.equal(await heading(page), "Log in");
    const other = await (await device({ ...plain.device, locale: "ja-JP" })).page();
    await other.goto((await wiki.login()).url);
    assert.equal(await heading(other), "ログイン");
  },
);
