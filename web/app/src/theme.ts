import { useCallback, useState } from "react";
import { readPreference, rememberPreference } from "./preferences.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

function storedTheme(): Theme {
  const stored = readPreference("theme");
  return THEMES.find((theme) => theme === stored) ?? "system";
}

/** Puts a theme into effect; the style sheet does the rest. */
function show(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Before the first paint, so that the other theme never flashes. */
export function showStoredTheme(): void {
  show(storedTheme());
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(storedTheme);
  const choose = useCallback((chosen: Theme) => {
    rememberPreference("theme", chosen === "system" ? null : chosen);
    show(chosen);
    setTheme(chosen);
  }, []);
  return [theme, choose];
}
