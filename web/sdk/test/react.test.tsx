// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { readReturnTo, withReturnTo, type TegataClient } from "../src/index.ts";
import { AuthProvider, RequireAuth, useAuth } from "../src/react.ts";
import { gate, problem, settle, World } from "./world.ts";

afterEach(cleanup);

function Who() {
  const { state } = useAuth();
  return <p>{state.status === "signed_in" ? state.user.username : state.status}</p>;
}

function Guarded({ client }: { client: TegataClient }) {
  return (
    <AuthProvider client={client}>
      <RequireAuth
        pending={<p>wait</p>}
        unreachable={<p>no answer</p>}
        signedOut={({ returnTo, reason }) => <a href={withReturnTo("/login", returnTo)}>{reason}</a>}
      >
        <p>secret</p>
        <Who />
      </RequireAuth>
    </AuthProvider>
  );
}

const text = () => document.body.textContent;

test("RequireAuth waits for the silent refresh and then shows its children", async () => {
  const world = new World();
  world.provider.openSession();
  const held = gate();
  world.provider.answers.set("/auth/refresh", async () => {
    await held.opened;
    return Response.json(world.provider.tokens());
  });
  render(<Guarded client={world.tab()} />);
  expect(text()).toBe("wait");
  await act(async () => {
    held.open();
    await settle();
  });
  expect(text()).toBe("secrethanako");
});

test("RequireAuth remembers where the user wanted to go", () => {
  const world = new World();
  window.history.replaceState(null, "", "/devices?tab=2#x");
  render(<Guarded client={world.tab()} />);
  const login = screen.getByRole<HTMLAnchorElement>("link", { name: "never" });
  expect(readReturnTo(new URL(login.href).search)).toBe("/devices?tab=2#x");
});

test("RequireAuth follows a logout, and says that it was one", async () => {
  const world = new World();
  const client = await world.signedInTab();
  render(<Guarded client={client} />);
  expect(text()).toBe("secrethanako");
  await act(() => client.logout());
  expect(text()).toBe("signed_out");
});

test("RequireAuth keeps nothing of one user for the next, who logged in in another tab", async () => {
  const world = new World();
  const client = await world.signedInTab();
  const other = await world.signedInTab();
  render(
    <AuthProvider client={client}>
      <RequireAuth signedOut={() => null}>
        <input />
      </RequireAuth>
    </AuthProvider>,
  );
  const first = screen.getByRole("textbox");
  await act(async () => {
    await other.refresh();
    await settle();
  });
  expect(screen.getByRole("textbox")).toBe(first);
  await act(async () => {
    await other.login({ username: "taro", password: "correct horse battery" });
    await settle();
  });
  expect(client.state).toMatchObject({ user: { username: "taro" } });
  expect(screen.getByRole("textbox")).not.toBe(first);
});

test("an outage hides nothing from someone who was signed in", async () => {
  const world = new World();
  const client = await world.signedInTab();
  render(<Guarded client={client} />);
  world.provider.refuseAllTokens();
  world.provider.answers.set("/auth/refresh", () => problem(503, "temporarily_unavailable"));
  await act(async () => {
    await client.protected().catch(() => undefined);
  });
  expect(text()).toBe("secretunreachable");
});

test("an outage at the start is not taken for nobody", async () => {
  const world = new World();
  world.provider.openSession();
  world.provider.answers.set("/auth/refresh", () => problem(503, "temporarily_unavailable"));
  await act(async () => {
    render(<Guarded client={world.tab()} />);
    await settle();
  });
  expect(text()).toBe("no answer");
  world.provider.answers.clear();
  await act(async () => {
    window.dispatchEvent(new Event("online"));
    await settle();
  });
  expect(text()).toBe("secrethanako");
});

test("useAuth without a provider says what is missing", () => {
  expect(() => render(<Who />)).toThrow("AuthProvider");
});
