// Every page of the OpenID Provider in a state worth looking at.
import * as client from "openid-client";
import { freshName } from "./actions.js";
import { allow, logInAt, makeAccount, signUpAt } from "./provider-pages.js";
import { LOOPBACK, relyingParty } from "./relying-party.js";

/** @typedef {import("playwright-core").Page} Page */

/** For the page of an application that nobody vouches for. */
export const SETTINGS = ["oauth.registration=open"];

/** What visiting every page is refused on the way. */
export const REFUSALS = ["404 GET /oauth2/authorize"];

/**
 * Visits all pages, one after the other, with one account.
 *
 * @param {Page} page
 * @param {import("./suite.js").Stage["server"]} server
 * @param {(name: string) => Promise<void>} visit Called when a page is ready to be looked at.
 */
export async function everyProviderPage(page, server, visit) {
  // The page of an answer in a form sends itself before anyone could look at it.
  await page.addInitScript(() => {
    HTMLFormElement.prototype.submit = () => undefined;
  });
  const wiki = await relyingParty(server);
  const username = freshName();
  await makeAccount(server.url, username);
  const open = async (/** @type {Record<string, string>} */ more = {}) =>
    page.goto((await wiki.login({ more })).url);
  const look = async (/** @type {string} */ name, /** @type {string} */ ready) => {
    await page.waitForSelector(ready);
    await visit(name);
  };

  await open();
  await look("login", "#login-submit");
  await page.click('a[href^="/oauth2/signup"]');
  await look("signup", "#signup-submit");
  await signUpAt(page, username);
  await look("signup-error", "#username-error");
  await page.click("main .below a");
  await logInAt(page, username, "no password of anyone");
  await look("login-error", "#login-error");
  await logInAt(page, username);
  await look("consent", "#consent-allow");
  await allow(page);
  await wiki.arrives(page);

  await open({ prompt: "login" });
  await look("login-again", "#identifier[readonly]");
  await open({ prompt: "select_account" });
  await look("select-account", "#account-other");
  await open({ response_mode: "form_post" });
  await look("form-post", "#form-post-submit");
  await page.goto("/oauth2/apps");
  await look("apps", "#revoke-1");
  await page.goto((await stranger(server.url)).href);
  await look("consent-unverified", "#client-unverified");
  await open({ client_id: "nobody" });
  await look("error", "#error-page");

  const screen = await relyingParty(server, "screen", SCREEN);
  const device = await client.initiateDeviceAuthorization(screen.config, { scope: "openid profile" });
  await page.goto(device.verification_uri);
  await look("device", "#device-code");
  await page.fill("#device-code", "BCDF-GHJK");
  await page.click("#device-submit");
  await look("device-error", "#device-error");
  await page.goto(device.verification_uri_complete ?? "");
  await look("device-confirm", "#consent-deny");
  await page.click("#consent-deny");
  await look("device-done", "main [role=status]");

  await page.goto(client.buildEndSessionUrl(wiki.config, {}).href);
  await look("logout", "#logout-confirm");
  await page.click("#logout-confirm");
  await look("logged-out", "main [role=status]");
}

/** A client without a browser. */
export const SCREEN = {
  public: true,
  grant: "urn:ietf:params:oauth:grant-type:device_code",
  "redirect-uri": "",
  "post-logout-redirect-uri": "",
};

/** Where an application that has registered itself sends its users. @param {string} issuer */
async function stranger(issuer) {
  const redirect_uri = "http://127.0.0.1/callback";
  const config = await client.dynamicClientRegistration(
    new URL(issuer),
    {
      client_name: "Totally the wiki",
      application_type: "native",
      redirect_uris: [redirect_uri],
      token_endpoint_auth_method: "none",
      scope: "openid profile email",
    },
    client.None(),
    LOOPBACK,
  );
  const code_challenge = await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier());
  return client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "openid profile email",
    code_challenge,
    code_challenge_method: "S256",
  });
}
