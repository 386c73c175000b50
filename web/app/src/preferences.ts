/**
 * What this browser remembers: language and theme, and nothing else.
 *
 * Storage may be missing or refused (private windows, policies); then nothing is remembered.
 */
export type PreferenceName = "language" | "theme";

const key = (name: PreferenceName) => `tegata.${name}`;

export function readPreference(name: PreferenceName): string | null {
  try {
    return localStorage.getItem(key(name));
  } catch {
    return null;
  }
}

export function rememberPreference(name: PreferenceName, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key(name));
    else localStorage.setItem(key(name), value);
  } catch {
    // Not remembered, but still in effect on this page.
  }
}
