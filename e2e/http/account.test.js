import assert from "node:assert/strict";
import { test } from "node:test";
import { PASSWORD, isProblem, join, logIn, refresh, send, tokens } from "./support/client.js";

const OTHER = "another long passphrase";

test("a profile is shown, and changes in what is named", async () => {
  const { access, username } = await join();
  const changed = await send("PATCH", "/users/me", { bearer: access, json: { name: "手形", locale: "ja" } });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  const shown = await send("GET", "/users/me", { bearer: access });
  assert.deepEqual(shown.body, changed.body);
  assert.deepEqual([shown.body.user.username, shown.body.user.name], [username, "手形"]);
});

test("v39: the password changes only for who knows the old one, and the other sessions end", async () => {
  const here = await join();
  const there = await logIn(here.username);
  /** @param {string} current */
  const change = (current) =>
    send("POST", "/users/me/password", {
      bearer: here.access,
      json: { current_password: current, new_password: OTHER },
    });
  isProblem(await change("not the old password"), 403, "password_mismatch");
  assert.equal((await change(PASSWORD)).status, 204);
  isProblem(await refresh(there.refresh), 401, "invalid_grant");
  tokens(await refresh(here.refresh));
  const old = await send("POST", "/auth/login", { json: { username: here.username, password: PASSWORD } });
  isProblem(old, 401, "invalid_credentials");
  await logIn(here.username, OTHER);
});

test("devices are listed, and one is ended from another", async () => {
  const here = await join();
  const there = await logIn(here.username);
  const listed = await send("GET", "/users/me/sessions", { bearer: here.access });
  assert.equal(listed.body.sessions.length, 2);
  const other = listed.body.sessions.find((/** @type {{ current: boolean }} */ session) => !session.current);
  const path = `/users/me/sessions/${other.session_id}`;
  assert.equal((await send("DELETE", path, { bearer: here.access })).status, 204);
  isProblem(await refresh(there.refresh), 401, "invalid_grant");
  isProblem(await send("DELETE", path, { bearer: here.access }), 404, "not_found");
});

test("v10: nobody ends the session of somebody else", async () => {
  const [alice, bob] = [await join(), await join()];
  const listed = await send("GET", "/users/me/sessions", { bearer: bob.access });
  const path = `/users/me/sessions/${listed.body.sessions[0].session_id}`;
  isProblem(await send("DELETE", path, { bearer: alice.access }), 404, "not_found");
  tokens(await refresh(bob.refresh));
});

test("v45: a deleted account is gone, and its name is free", async () => {
  const { access, refresh: token, username } = await join();
  isProblem(
    await send("DELETE", "/users/me", { bearer: access, json: { password: "not it" } }),
    403,
    "password_mismatch",
  );
  assert.equal(
    (await send("DELETE", "/users/me", { bearer: access, json: { password: PASSWORD } })).status,
    204,
  );
  isProblem(await refresh(token), 401, "invalid_grant");
  const gone = await send("POST", "/auth/login", { json: { username, password: PASSWORD } });
  isProblem(gone, 401, "invalid_credentials");
  await join(username);
});
