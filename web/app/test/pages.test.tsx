import { AuthProvider } from "@tegata/sdk/react";
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { MemoryRouter } from "react-router";
import { afterEach, beforeEach, expect, test } from "vitest";
import { App } from "../src/app.tsx";
import { ConfigProvider } from "../src/config.tsx";
import { LanguageProvider } from "../src/i18n/language.tsx";
import { PageProvider, problem } from "./provider.ts";

let provider: PageProvider;

beforeEach(() => {
  provider = new PageProvider();
  localStorage.clear();
});

afterEach(cleanup);

async function open(path: string): Promise<void> {
  const client = provider.client();
  // RequireAuth reads the address bar; the router of a test does not write it.
  window.history.replaceState(null, "", path);
  render(
    <LanguageProvider>
      <AuthProvider client={client}>
        <ConfigProvider>
          <MemoryRouter initialEntries={[path]}>
            <App />
          </MemoryRouter>
        </ConfigProvider>
      </AuthProvider>
    </LanguageProvider>,
  );
  await settle();
}

const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 30)));
const byId = (id: string) => screen.getByTestId(id);
const title = () => screen.getByRole("heading", { level: 1 }).textContent;

async function fill(fields: Record<string, string>, submit: string): Promise<void> {
  for (const [id, value] of Object.entries(fields)) fireEvent.change(byId(id), { target: { value } });
  fireEvent.click(byId(submit));
  await settle();
}

async function violations(): Promise<string[]> {
  // Colours are not computed here: contrast.test.ts and the browser tests see to them.
  const result = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: true } },
  });
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`);
}

test("signing up logs in with the same values and leads on", async () => {
  await open("/signup?return_to=%2Fdevices");
  await fill(
    { username: "hanako", email: "h@example.org", password: "correct horse battery" },
    "signup-submit",
  );
  expect(provider.body("POST /auth/signup")).toEqual({
    username: "hanako",
    email: "h@example.org",
    password: "correct horse battery",
  });
  expect(provider.body("POST /auth/login")).toEqual({
    username: "hanako",
    password: "correct horse battery",
  });
  expect(title()).toBe("Devices");
});

test("an empty e-mail is not sent", async () => {
  await open("/signup");
  await fill({ username: "hanako", password: "correct horse battery" }, "signup-submit");
  expect(provider.body("POST /auth/signup")).not.toHaveProperty("email");
});

test("the provider's complaints stand beside their fields, and the first one has the focus", async () => {
  provider.answers.set(
    "POST /auth/signup",
    problem(400, "validation_failed", {
      errors: [
        { field: "password", code: "too_short", message: "x" },
        { field: "email", code: "invalid", message: "x" },
      ],
    }),
  );
  await open("/signup");
  await fill({ username: "hanako", email: "x", password: "short" }, "signup-submit");
  expect(byId("email").getAttribute("aria-describedby")).toBe("email-error");
  expect(document.getElementById("email-error")?.textContent).toBe("This is not valid.");
  expect(byId("password").getAttribute("aria-invalid")).toBe("true");
  expect(document.getElementById("password-error")?.textContent).toBe("Please use at least 15 characters.");
  expect(byId("username").getAttribute("aria-invalid")).toBe("false");
  await waitFor(() => expect(document.activeElement).toBe(byId("email")));
  expect(within(screen.getAllByRole("alert")[0] as HTMLElement).getByTestId("form-error")).toBeDefined();
  expect(await violations()).toEqual([]);
});

test("a name that is taken is a complaint about the name", async () => {
  provider.answers.set("POST /auth/signup", problem(409, "username_taken"));
  await open("/signup");
  await fill({ username: "hanako", password: "correct horse battery" }, "signup-submit");
  expect(document.getElementById("username-error")?.textContent).toBe("This user name is already taken.");
});

test("nothing is sent while a required field is empty", async () => {
  await open("/login");
  await fill({ username: "hanako" }, "login-submit");
  expect(document.getElementById("password-error")?.textContent).toBe("Please fill this in.");
  await waitFor(() => expect(document.activeElement).toBe(byId("password")));
  expect(provider.calls()).toEqual([]);
});

test("a form that a password manager sends past the script puts no secret into an address", async () => {
  const methods = () => [...document.forms].map(({ id, method }) => `${id} ${method}`);
  await open("/login");
  expect(methods()).toEqual(["login-form post"]);
  cleanup();
  await open("/signup");
  expect(methods()).toEqual(["signup-form post"]);
  cleanup();
  provider.openSession();
  await open("/password");
  expect(methods()).toEqual(["password-form post"]);
  cleanup();
  await open("/profile");
  expect(methods()).toEqual(["profile-form post", "email-form post", "delete-form post"]);
});

test("a wrong password says no more than that", async () => {
  provider.answers.set("POST /auth/login", problem(401, "invalid_credentials"));
  await open("/login");
  await fill({ username: "hanako", password: "wrong" }, "login-submit");
  expect(byId("form-error").textContent).toBe("User name or password is wrong.");
});

test("too many attempts are counted down, and nothing is sent before", async () => {
  provider.answers.set("POST /auth/login", problem(429, "too_many_attempts", {}, { "retry-after": "2" }));
  await open("/login");
  await fill({ username: "hanako", password: "wrong" }, "login-submit");
  expect(byId("form-error").textContent).toContain("Try again in 2 s.");
  expect(byId("login-submit").getAttribute("aria-disabled")).toBe("true");
  fireEvent.click(byId("login-submit"));
  expect(provider.calls()).toHaveLength(1);
  await waitFor(() => expect(byId("form-error").textContent).toContain("You can try again now."), {
    timeout: 4000,
  });
  expect(byId("login-submit").getAttribute("aria-disabled")).toBe("false");
});

test("a server fault names the request for the operator", async () => {
  provider.answers.set("POST /auth/login", problem(503, "overloaded", {}, { "retry-after": "1" }));
  await open("/login");
  await fill({ username: "hanako", password: "x" }, "login-submit");
  expect(byId("form-error").textContent).toContain("The server is busy.");
  expect(byId("form-error").textContent).toContain("Request 01TEST");
});

test("a protected page asked for first is where logging in leads", async () => {
  await open("/devices");
  expect(title()).toBe("Log in");
  await fill({ username: "hanako", password: "correct horse battery" }, "login-submit");
  expect(title()).toBe("Devices");
});

test("A4.11.1: an address of another site is not where logging in leads", async () => {
  await open("/login?return_to=%2F%2Fevil.example%2F");
  await fill({ username: "hanako", password: "correct horse battery" }, "login-submit");
  expect(title()).toBe("The checkpoint");
});

test("a reload keeps the user logged in, and the protected data is shown", async () => {
  provider.openSession();
  await open("/protected");
  expect(byId("protected-message").textContent).toBe("The gate is open.");
  expect(provider.calls()).toEqual(["POST /auth/refresh", "GET /api/protected"]);
  expect(await violations()).toEqual([]);
});

test("logging out says so, and does not lead the next one to the same page", async () => {
  provider.openSession();
  await open("/devices");
  fireEvent.click(byId("logout"));
  await settle();
  expect(title()).toBe("Log in");
  expect(document.body.textContent).toContain("You are logged out.");
  await fill({ username: "taro", password: "correct horse battery" }, "login-submit");
  expect(title()).toBe("The checkpoint");
});

test("a page shows nothing of one user to the next, who logged in in another tab", async () => {
  provider.openSession();
  provider.user.name = "Hanako Yamada";
  await open("/profile");
  fireEvent.change(byId("delete-password"), { target: { value: "the password of hanako" } });
  act(() => provider.logInElsewhere({ sub: "u-2", username: "taro", name: "Taro Suzuki" }));
  expect(document.body.innerHTML).not.toMatch(/hanako/i);
  await settle();
  expect(byId("name")).toHaveProperty("value", "Taro Suzuki");
  expect(byId("delete-password")).toHaveProperty("value", "");
});

test("a form that is half filled in survives the tokens that another tab got for the same user", async () => {
  provider.openSession();
  await open("/profile");
  fireEvent.change(byId("name"), { target: { value: "Hanako Y" } });
  act(() => provider.logInElsewhere({}));
  await settle();
  expect(byId("name")).toHaveProperty("value", "Hanako Y");
});

test("a logout that fails is told, because the session lives on", async () => {
  provider.openSession();
  await open("/protected");
  provider.answers.set("POST /auth/logout", problem(503, "temporarily_unavailable"));
  fireEvent.click(byId("logout"));
  await settle();
  expect(document.body.textContent).toContain("The server cannot do this at the moment.");
  expect(byId("protected-message")).toBeDefined();
});

test("an outage at the start is not a logout", async () => {
  provider.openSession();
  provider.answers.set(
    "POST /auth/refresh",
    problem(503, "temporarily_unavailable", {}, { "retry-after": "9" }),
  );
  await open("/protected");
  expect(title()).toBe("The checkpoint is not answering");
  expect(await violations()).toEqual([]);
  provider.answers.clear();
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  await settle();
  expect(byId("protected-message")).toBeDefined();
});

test("the profile saves name and language, and the page follows the account's language", async () => {
  provider.openSession();
  await open("/profile");
  expect(await violations()).toEqual([]);
  await fill({ name: " Hanako ", locale: "ja" }, "profile-submit");
  expect(provider.body("PATCH /users/me")).toEqual({ name: "Hanako", locale: "ja" });
  expect(title()).toBe("プロフィール");
  expect(document.documentElement.lang).toBe("ja");
  expect(byId("profile-form").textContent).toContain("保存しました。");
});

test("an e-mail change sends the current password; an empty address removes it", async () => {
  provider.openSession();
  provider.user.email = "old@example.org";
  await open("/profile");
  await fill({ email: "new@example.org", "email-current-password": "my password" }, "email-submit");
  expect(provider.body("PATCH /users/me")).toEqual({
    email: "new@example.org",
    current_password: "my password",
  });
  await fill({ email: "", "email-current-password": "my password" }, "email-submit");
  expect(provider.body("PATCH /users/me")).toEqual({ email: null, current_password: "my password" });
});

test("deleting the account needs the password, and logs out", async () => {
  provider.openSession();
  await open("/profile");
  provider.answers.set("DELETE /users/me", problem(403, "password_mismatch"));
  await fill({ "delete-password": "wrong" }, "delete-submit");
  expect(byId("delete-error").textContent).toBe("The current password is wrong.");
  provider.answers.clear();
  await fill({ "delete-password": "right" }, "delete-submit");
  expect(title()).toBe("Log in");
});

test("devices: this one is marked, another can be ended, all can be logged out", async () => {
  provider.openSession();
  provider.sessions.push({
    ...(provider.sessions[0] as (typeof provider.sessions)[0]),
    session_id: "s-2",
    current: false,
    user_agent: "curl/8.5.0",
    ip: null,
  });
  await open("/devices");
  const list = byId("sessions-list");
  expect(within(list).getAllByRole("listitem")[0]?.textContent).toContain("Chrome on LinuxThis device");
  expect(await violations()).toEqual([]);
  fireEvent.click(screen.getByRole("button", { name: /^End this one/ }));
  await settle();
  expect(provider.calls()).toContain("DELETE /users/me/sessions/s-2");
  expect(screen.queryByTestId("session-end")).toBeNull();
  fireEvent.click(byId("logout-all"));
  await settle();
  expect(title()).toBe("Log in");
});

test("a password change says what happened, and empties the fields", async () => {
  provider.openSession();
  await open("/password");
  await fill({ "current-password": "old one", "new-password": "a new and longer one" }, "password-submit");
  expect(provider.body("POST /users/me/password")).toEqual({
    current_password: "old one",
    new_password: "a new and longer one",
  });
  expect(byId("password-form").textContent).toContain("Your password is changed.");
  expect(byId("new-password")).toHaveProperty("value", "");
  expect(byId("current-password").getAttribute("autocomplete")).toBe("current-password");
  expect(byId("new-password").getAttribute("autocomplete")).toBe("new-password");
});

test("the inspector is shown only where the provider allows it", async () => {
  provider.openSession();
  await open("/protected");
  expect(screen.queryByTestId("token-inspector")).toBeNull();
});

test("the page that shows the flow is there only with the inspector, and only then is there a way to it", async () => {
  const ways = () =>
    screen.queryAllByRole("link").filter((link) => link.getAttribute("href")?.includes("inspector"));
  await open("/");
  expect(ways()).toEqual([]);
  cleanup();
  await open("/inspector/flow?code=code&state=state");
  expect(title()).toBe("The road ends here");
  cleanup();
  provider.config.token_inspector = true;
  await open("/");
  expect(ways()).toHaveLength(1);
});

test("the inspector explains the tokens and shows a refusal, the refresh and the retry", async () => {
  provider.config.token_inspector = true;
  provider.openSession();
  await open("/protected");
  await screen.findByTestId("token-inspector", {}, { timeout: 10_000 });
  await settle();
  const access = byId("access-token-claims");
  for (const claim of ["iss", "sub", "aud", "client_id", "scope", "iat", "exp", "jti", "sid", "username"]) {
    expect(access.querySelector(`[data-claim=${claim}] cite`)?.textContent, claim).toMatch(/RFC|OIDC/);
  }
  const id = byId("id-token-claims");
  for (const claim of ["aud", "auth_time", "amr", "acr", "at_hash", "sid", "preferred_username"]) {
    expect(id.querySelector(`[data-claim=${claim}] cite`)?.textContent, claim).toMatch(/OIDC/);
  }
  expect(byId("token-countdown").textContent).toMatch(/^1[45]:\d\d$/);
  fireEvent.click(byId("expire-now"));
  await settle();
  const entries = [...byId("request-timeline").querySelectorAll<HTMLElement>("[data-kind]")]
    .slice(0, 4)
    .map(({ dataset }) => `${dataset["kind"] ?? ""} ${dataset["status"] ?? dataset["source"] ?? ""}`);
  expect(entries).toEqual(["retry 200", "rotation refresh", "refresh 200", "request 401"]);
  expect(byId("token-inspector").textContent).not.toMatch(/Sig\d/);
  expect(await violations()).toEqual([]);
});

test("language and theme are remembered, and nothing else is", async () => {
  provider.openSession();
  await open("/protected");
  fireEvent.change(byId("language-select"), { target: { value: "ja" } });
  fireEvent.change(byId("theme-select"), { target: { value: "dark" } });
  await settle();
  expect(document.title).toBe("関所 · Tegata");
  expect(document.documentElement.dataset["theme"]).toBe("dark");
  expect(Object.keys(localStorage).sort()).toEqual(["tegata.language", "tegata.theme"]);
  expect(sessionStorage).toHaveLength(0);
  fireEvent.change(byId("theme-select"), { target: { value: "system" } });
  expect(localStorage.getItem("tegata.theme")).toBeNull();
});

test("opening a page by a link moves the focus to its heading", async () => {
  provider.openSession();
  await open("/protected");
  fireEvent.click(screen.getByRole("link", { name: "Devices" }));
  await settle();
  expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1 }));
  expect(title()).toBe("Devices");
});

test("an unknown address is told as one", async () => {
  await open("/nowhere");
  expect(title()).toBe("The road ends here");
  expect(await violations()).toEqual([]);
});

test("where sign-up is closed no page offers it", async () => {
  provider.config.signup_enabled = false;
  await open("/signup");
  expect(screen.queryByTestId("signup-form")).toBeNull();
  cleanup();
  await open("/login");
  expect(screen.queryByRole("link", { name: "Sign up" })).toBeNull();
  expect(await violations()).toEqual([]);
});

test("being offline is told at once", async () => {
  await open("/");
  Object.defineProperty(navigator, "onLine", { value: false, configurable: true });
  act(() => void window.dispatchEvent(new Event("offline")));
  expect(document.body.textContent).toContain("You are offline.");
  Object.defineProperty(navigator, "onLine", { value: true, configurable: true });
  act(() => void window.dispatchEvent(new Event("online")));
  expect(document.body.textContent).not.toContain("You are offline.");
});
