// Looks for tokens everywhere a script of the page can look.
import assert from "node:assert/strict";

/** How a refresh token and a JWT begin. */
const PATTERN = "tgr_[\\w-]{8,}|eyJ[\\w-]{16,}";

/**
 * Collects the tokens that the server gives to this device, also those that no script ever sees.
 *
 * @param {import("playwright-core").BrowserContext} context
 */
export function watchTokens(context) {
  /** @type {Promise<string[]>[]} */
  const answers = [];
  context.on("response", (answer) => {
    if (!/\/auth\/(login|refresh)$/.test(answer.url()) || answer.status() !== 200) return;
    const read = async () => {
      const { access_token, id_token, refresh_token } = await answer.json();
      assert.equal(refresh_token, undefined, "the refresh token is not in the body");
      return [access_token, id_token];
    };
    answers.push(read());
  });
  return async () => {
    const cookies = await context.cookies();
    const refresh = cookies.find(({ name }) => name === "tegata_refresh");
    return [...(await Promise.all(answers)).flat(), ...(refresh ? [refresh.value] : [])];
  };
}

/**
 * Fails if a script of the page could find one of these tokens, or anything that looks like one.
 *
 * @param {import("playwright-core").Page} page
 * @param {readonly string[]} tokens
 */
export async function findsNoToken(page, tokens) {
  const places = await page.evaluate(readEverything);
  assert.ok(Number(places["window: objects"]) > 500, "the search has walked through the page");
  const pattern = new RegExp(PATTERN);
  for (const [place, text] of Object.entries(places)) {
    assert.doesNotMatch(text, pattern, place);
    for (const token of tokens) {
      // A part of a token is too much, too: its claims, its signature.
      for (const part of token.split(".")) assert.ok(!text.includes(part), `a token is in ${place}`);
    }
  }
}

/** Runs in the page. @returns {Promise<Record<string, string>>} */
async function readEverything() {
  /** @type {Record<string, string>} */
  const places = {
    "document.cookie": document.cookie,
    localStorage: JSON.stringify({ ...localStorage }),
    sessionStorage: JSON.stringify({ ...sessionStorage }),
    "history.state": JSON.stringify(history.state),
    "window.name": window.name,
    location: location.href,
    DOM: document.documentElement.outerHTML,
    inputs: [...document.querySelectorAll("input, textarea")]
      .map((field) => /** @type {HTMLInputElement} */ (field).value)
      .join("\n"),
    performance: performance
      .getEntries()
      .map(({ name }) => name)
      .join("\n"),
    ServiceWorker: String((await navigator.serviceWorker?.getRegistrations())?.length ?? 0),
  };

  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      places[`Cache ${name}`] += `${request.url} ${await (await cache.match(request))?.text()}`;
  }

  const settled = (/** @type {IDBRequest} */ request) =>
    new Promise((done, fail) => {
      request.onsuccess = () => done(request.result);
      request.onerror = () => fail(request.error);
    });
  for (const { name } of await indexedDB.databases()) {
    const database = await settled(indexedDB.open(String(name)));
    for (const store of database.objectStoreNames) {
      const all = await settled(database.transaction(store).objectStore(store).getAll());
      places[`IndexedDB ${name} ${store}`] = JSON.stringify(all);
    }
    database.close();
  }

  // Everything that can be reached from `window` by properties: globals, and through the marks that React leaves on
  // elements its whole tree with props and state.
  const strings = new Set();
  const seen = new Set();
  /** @type {unknown[]} */
  const waiting = [window, document, ...document.querySelectorAll("*")];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string") strings.add(value);
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value))
      continue;
    seen.add(value);
    if (value instanceof Map) for (const entry of value) waiting.push(...entry);
    if (value instanceof Set) waiting.push(...value);
    waiting.push(Object.getPrototypeOf(value));
    for (const key of Reflect.ownKeys(value)) {
      const property = Reflect.getOwnPropertyDescriptor(value, key);
      strings.add(String(key));
      // A getter may do anything; what it would give is reached by what it reads.
      if (property && "value" in property) waiting.push(property.value);
    }
  }
  places["window"] = [...strings].join("\n");
  places["window: objects"] = String(seen.size);
  return places;
}
