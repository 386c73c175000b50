import { readReturnTo, withReturnTo } from "@tegata/sdk";
import { RequireAuth, useAuth } from "@tegata/sdk/react";
import { lazy, Suspense, type ReactNode } from "react";
import { Link, Navigate, NavLink, Outlet, Route, Routes, useLocation } from "react-router";
import seal from "./assets/seal.svg";
import { useConfig } from "./config.tsx";
import { useMessages } from "./i18n/language.tsx";
import { DevicesPage } from "./pages/devices.tsx";
import { HomePage } from "./pages/home.tsx";
import { LoginPage } from "./pages/login.tsx";
import { NotFoundPage } from "./pages/not-found.tsx";
import { PasswordPage } from "./pages/password.tsx";
import { ProfilePage } from "./pages/profile.tsx";
import { ProtectedPage } from "./pages/protected.tsx";
import { SignupPage } from "./pages/signup.tsx";
import { UnreachablePage } from "./pages/unreachable.tsx";
import { LogoutButton } from "./ui/logout-button.tsx";
import { PreferencesBar } from "./ui/preferences-bar.tsx";
import { StatusBanner } from "./ui/status-banner.tsx";

// Off in production, so it is no part of what everyone downloads.
const TokenInspector = lazy(() => import("./inspector/token-inspector.tsx"));
const InspectorFlow = lazy(() => import("./inspector/flow/inspector-flow.tsx"));

export function App() {
  return (
    <Routes>
      <Route element={<Shell />}>
        <Route index element={<HomePage />} />
        <Route path="inspector/flow" element={<InspectedOnly />} />
        <Route element={<SignedOutOnly />}>
          <Route path="login" element={<LoginPage />} />
          <Route path="signup" element={<SignupPage />} />
        </Route>
        <Route element={<SignedInOnly />}>
          <Route path="protected" element={<ProtectedPage />} />
          <Route path="profile" element={<ProfilePage />} />
          <Route path="devices" element={<DevicesPage />} />
          <Route path="password" element={<PasswordPage />} />
        </Route>
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}

function SignedInOnly() {
  return (
    <RequireAuth
      pending={<Pending />}
      unreachable={<UnreachablePage />}
      // Who logged out by a wish does not want to come back to the same place as someone else.
      signedOut={({ returnTo, reason }) => (
        <Navigate
          replace
          state={{ reason }}
          to={reason === "signed_out" ? "/login" : withReturnTo("/login", returnTo)}
        />
      )}
    >
      <Outlet />
    </RequireAuth>
  );
}

/** Someone who is logged in, perhaps in another tab just now, needs no form for it. */
function SignedOutOnly() {
  const { state } = useAuth();
  const { search } = useLocation();
  if (state.status === "starting") return <Pending />;
  if (state.status === "signed_in") return <Navigate replace to={readReturnTo(search, "/protected")} />;
  return <Outlet />;
}

/** Where the inspector is off there is no such page, for anybody. */
function InspectedOnly() {
  const config = useConfig();
  if (config === null) return <Pending />;
  if (!config.token_inspector) return <NotFoundPage />;
  return (
    <Suspense fallback={<Pending />}>
      <InspectorFlow />
    </Suspense>
  );
}

function Pending() {
  const m = useMessages();
  return (
    <p className="pending" role="status">
      {m.loading}
    </p>
  );
}

function Shell() {
  const m = useMessages();
  const { state } = useAuth();
  const config = useConfig();
  const signedIn = state.status === "signed_in" || (state.status === "unreachable" && state.user !== null);
  const inspected = signedIn && config?.token_inspector === true;
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {m.skip_to_content}
      </a>
      <header className="top">
        <Link className="brand" to="/">
          <img src={seal} alt="" width="36" height="36" />
          <span className="brand-name">Tegata</span>
          <span className="brand-ja" lang="ja" aria-hidden="true">
            手形
          </span>
        </Link>
        {signedIn && <MainNavigation />}
        <div className="top-end">
          <PreferencesBar />
          {signedIn && <LogoutButton />}
        </div>
      </header>
      <StatusBanner />
      <div className={inspected ? "frame frame-inspected" : "frame"}>
        <main id="main" tabIndex={-1}>
          <Outlet />
        </main>
        {inspected && (
          <Suspense fallback={null}>
            <TokenInspector />
          </Suspense>
        )}
      </div>
      <footer className="bottom">
        <p>{m.footer}</p>
      </footer>
    </div>
  );
}

function MainNavigation(): ReactNode {
  const m = useMessages();
  return (
    <nav className="tabs" aria-label={m.navigation}>
      <NavLink to="/protected">{m.nav_protected}</NavLink>
      <NavLink to="/profile">{m.nav_profile}</NavLink>
      <NavLink to="/devices">{m.nav_devices}</NavLink>
      <NavLink to="/password">{m.nav_password}</NavLink>
    </nav>
  );
}
