/** One comparison that a client has to make, and how it went. */
export interface Check {
  name: CheckName;
  passed: boolean;
  /** `null` where anything is right that is there. */
  expected: string | null;
  found: string;
}

export type CheckName =
  "code" | "state" | "iss" | "signature" | "aud" | "azp" | "exp" | "iat" | "nonce" | "at_hash" | "sub";

export function compare(name: CheckName, expected: string, found: unknown): Check {
  const text = typeof found === "string" ? found : (JSON.stringify(found) as string | undefined);
  return { name, passed: found === expected, expected, found: text ?? "–" };
}

export function allPassed(checks: readonly Check[]): boolean {
  return checks.every(({ passed }) => passed);
}
