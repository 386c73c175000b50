import { useAuth } from "@tegata/sdk/react";

/** Tells a password manager whose password a form asks for; nobody else sees it. */
export function AccountName() {
  const { state } = useAuth();
  const username = "user" in state ? (state.user?.username ?? "") : "";
  return <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />;
}
