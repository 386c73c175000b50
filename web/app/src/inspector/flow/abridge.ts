/** Enough of a secret to tell it from another, and too little to use it. */
const SHOWN = 8;

export function abridge(secret: string): string {
  return `${secret.slice(0, SHOWN)}…`;
}

/** What whoever has it can use. */
const SECRETS: ReadonlySet<string> = new Set(["access_token", "refresh_token", "id_token", "code", "token"]);

/** The same members, with secrets abridged. */
export function withoutSecrets(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(members).map(([name, value]) => [
    name,
    SECRETS.has(name) && typeof value === "string" ? abridge(value) : value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}
