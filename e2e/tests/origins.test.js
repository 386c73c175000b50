import assert from "node:assert/strict";
import { after, before } from "node:test";
import { PASSWORD, cookie, freshName, showsData, signUp } from "../support/actions.js";
import { startOtherOrigin } from "../support/other-origin.js";
import { suite } from "../support/suite.js";

const test = suite();

/** @type {Awaited<ReturnType<typeof startOtherOrigin>>} */
let elsewhere;
before(async () => {
  elsewhere = await startOtherOrigin();
});
after(() => elsewhere.close());

const attack = {
  // What the browser itself says when it holds a page back.
  console: [/blocked by CORS policy/, /frame-ancestors/, /net::ERR_/, /Unsafe attempt/, /chrome-error/],
  refusals: [
    "403 OPTIONS /auth/refresh",
    "403 OPTIONS /auth/login",
    "403 OPTIONS /auth/logout",
    "403 OPTIONS /users/me",
    "403 POST /auth/refresh",
    "403 POST /auth/login",
    "403 POST /auth/logout",
    "403 POST /auth/signup",
    "415 POST /auth/refresh",
    "415 POST /auth/login",
    "415 POST /auth/logout",
    "401 GET /users/me",
    "401 POST /auth/login",
  ],
};

/**
 * Somebody is logged in; in the same browser, a page of somebody else is open.
 *
 * @param {import("../support/suite.js").Stage} stage
 * @param {(page: import("playwright-core").Page, origin: string, username: string) => Promise<void>} play
 */
async function besides({ page }, play) {
  const username = await signUp(page);
  const before = await cookie(page, "tegata_refresh");
  for (const origin of [elsewhere.sameSite, elsewhere.crossSite]) {
    const other = await page.context().newPage();
    await other.goto(`${origin}/`);
    await play(other, origin, username);
    await other.close();
    assert.equal(await cookie(page, "tegata_refresh"), before, "nothing was refreshed or taken away");
  }
  await page.reload();
  await showsData(page);
}

test("r47_another_origin_cannot_refresh_even_with_the_csrf_token", attack, (stage) =>
  besides(stage, async (other) => {
    const csrf = await cookie(stage.page, "tegata_csrf");
    assert.ok(csrf);
    const tries = await other.evaluate(
      async ({ server, csrf }) => {
        const attempt = async (/** @type {RequestInit} */ init) => {
          try {
            const answer = await fetch(`${server}/auth/refresh`, { method: "POST", ...init });
            return `${answer.type} ${answer.status} ${await answer.text()}`;
          } catch {
            return "refused";
          }
        };
        return [
          await attempt({ credentials: "include", headers: { "x-csrf-token": csrf } }),
          await attempt({ credentials: "include" }),
          await attempt({ credentials: "include", mode: "no-cors" }),
          await attempt({
            credentials: "include",
            mode: "no-cors",
            headers: { "content-type": "text/plain" },
            body: "{}",
          }),
        ];
      },
      { server: stage.server.url, csrf },
    );
    assert.deepEqual(tries, ["refused", "refused", "refused", "refused"]);
  }),
);

test("r47_another_origin_reads_nothing_of_the_user", attack, (stage) =>
  besides(stage, async (other) => {
    const read = await other.evaluate(
      (server) =>
        fetch(`${server}/users/me`, { credentials: "include" }).then(
          (answer) => answer.text(),
          () => "refused",
        ),
      stage.server.url,
    );
    assert.equal(read, "refused");
  }),
);

test("r46_a_form_of_another_origin_changes_nothing", attack, (stage) =>
  besides(stage, async (other, origin, username) => {
    const stranger = freshName();
    const bodies = {
      "/auth/logout": {},
      "/auth/refresh": {},
      "/auth/login": { username, password: PASSWORD },
      "/auth/signup": { username: stranger, password: PASSWORD },
    };
    for (const [path, body] of Object.entries(bodies)) {
      for (const enctype of ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"]) {
        await other.goto(`${origin}/`);
        const answered = other.waitForResponse((answer) => new URL(answer.url()).pathname === path);
        await other.evaluate(
          ({ action, enctype, json }) => {
            const form = document.createElement("form");
            Object.assign(form, { method: "post", action, enctype });
            // As text/plain this is sent as JSON with one member too many at most.
            const field = document.createElement("input");
            field.name = json.slice(0, -1) + (json === "{}" ? '"x":"' : ',"x":"');
            field.value = '"}';
            form.append(field);
            document.body.append(form);
            form.submit();
          },
          { action: stage.server.url + path, enctype, json: JSON.stringify(body) },
        );
        const status = (await answered).status();
        await other.waitForURL((url) => url.pathname === path);
        assert.ok(status === 403 || status === 415, `${path} ${enctype}: ${status}`);
      }
    }
    const status = await stage.page.evaluate(
      async (body) => {
        const headers = { "content-type": "application/json" };
        return (await fetch("/auth/login", { method: "POST", headers, body })).status;
      },
      JSON.stringify({ username: stranger, password: PASSWORD }),
    );
    assert.equal(status, 401, "no account was made");
  }),
);

test("r46_another_origin_cannot_log_the_user_in_as_someone_else", attack, (stage) =>
  besides(stage, async (other, _origin, username) => {
    const body = JSON.stringify({ username, password: PASSWORD });
    await other.evaluate(
      async ({ server, body }) => {
        for (const type of ["text/plain", "application/json"])
          await fetch(`${server}/auth/login`, {
            method: "POST",
            mode: type === "text/plain" ? "no-cors" : "cors",
            credentials: "include",
            headers: { "content-type": type },
            body,
          }).catch(() => undefined);
      },
      { server: stage.server.url, body },
    );
  }),
);

test("r48_the_page_cannot_be_framed", attack, (stage) =>
  besides(stage, async (other) => {
    const refused = other.waitForEvent("console", (message) => message.text().includes("frame-ancestors"));
    await other.evaluate((address) => {
      const frame = document.createElement("iframe");
      frame.src = address;
      document.body.append(frame);
    }, `${stage.server.url}/protected`);
    await refused;
    const texts = await Promise.all(other.frames().map((frame) => frame.content().catch(() => "")));
    assert.ok(texts.every((text) => !text.includes('id="root"')));
  }),
);

test("a window that another origin opens cannot be reached from it", attack, async ({ page, server }) => {
  await signUp(page);
  for (const origin of [elsewhere.sameSite, elsewhere.crossSite]) {
    const other = await page.context().newPage();
    await other.goto(`${origin}/`);
    const [opened] = await Promise.all([
      page.context().waitForEvent("page"),
      other.evaluate((address) => {
        Object.assign(window, { opened: window.open(address) });
      }, `${server.url}/protected`),
    ]);
    await opened.waitForSelector("h1");
    assert.equal(await opened.evaluate(() => window.opener), null, origin);
    // To the one who opened it, it looks closed.
    await other.waitForFunction(() => Reflect.get(window, "opened").closed === true);
    await opened.close();
  }
});
