import {
  createContext,
  createElement,
  Fragment,
  useContext,
  useEffect,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import type { TegataClient } from "./client.js";
import type { AuthState, SignedInUser, SignedOutReason } from "./session.js";

const ClientContext = createContext<TegataClient | null>(null);

export interface AuthProviderProps {
  /** Made once, outside of any component. */
  client: TegataClient;
  children?: ReactNode;
}

/** Gives the client to the components below, starts it, and wakes it when the page comes back. */
export function AuthProvider({ client, children }: AuthProviderProps): ReactNode {
  useEffect(() => {
    void client.start();
    const wake = () => {
      if (document.visibilityState === "visible") void client.recheck();
    };
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("pageshow", wake);
    window.addEventListener("online", wake);
    return () => {
      document.removeEventListener("visibilitychange", wake);
      window.removeEventListener("pageshow", wake);
      window.removeEventListener("online", wake);
    };
  }, [client]);
  return createElement(ClientContext.Provider, { value: client }, children);
}

export interface Auth {
  state: AuthState;
  client: TegataClient;
}

/** The client and who is signed in; renders again after each change. */
export function useAuth(): Auth {
  const client = useContext(ClientContext);
  if (client === null) throw new Error("useAuth needs an AuthProvider above it");
  const state = useSyncExternalStore(
    client.subscribe,
    () => client.state,
    () => client.state,
  );
  return { client, state };
}

export interface RequireAuthProps {
  children?: ReactNode;
  /** Shown until the silent refresh at the start is answered. */
  pending?: ReactNode;
  /** Shown while the provider cannot be asked and nobody was signed in on this page before. */
  unreachable?: ReactNode;
  /**
   * Shown to nobody in particular: usually a redirect to the login page. `returnTo` is the path that was asked for;
   * the login page reads it back with `readReturnTo`, which lets no address of another site through.
   */
  signedOut: (context: { returnTo: string; reason: SignedOutReason }) => ReactNode;
}

/** Shows its children only to someone who is signed in. The API decides; this only spares a useless page. */
export function RequireAuth({ children, pending, unreachable, signedOut }: RequireAuthProps): ReactNode {
  const { state } = useAuth();
  switch (state.status) {
    case "starting":
      return pending ?? null;
    case "signed_in":
      return ofUser(state.user, children);
    case "unreachable":
      // A form that is half filled in survives an outage.
      return state.user === null ? (unreachable ?? null) : ofUser(state.user, children);
    case "signed_out": {
      const { pathname, search, hash } = window.location;
      return signedOut({ returnTo: pathname + search + hash, reason: state.reason });
    }
  }
}

/** Another user, by a login in another tab, gets components of their own: none that still hold what the last one saw. */
function ofUser({ sub }: SignedInUser, children: ReactNode): ReactNode {
  return createElement(Fragment, { key: sub }, children);
}
