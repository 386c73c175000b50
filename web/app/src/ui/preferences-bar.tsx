import { isLanguage, LANGUAGES, useLanguage } from "../i18n/language.tsx";
import { THEMES, useTheme, type Theme } from "../theme.ts";

/** The two things this browser remembers. */
export function PreferencesBar() {
  const { language, choose, dictionary } = useLanguage();
  const m = dictionary.ui;
  const [theme, chooseTheme] = useTheme();
  const themeNames: Record<Theme, string> = {
    system: m.theme_system,
    light: m.theme_light,
    dark: m.theme_dark,
  };
  return (
    <div className="preferences">
      <label className="pick">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="9" />
          <path d="M3 12h18M12 3c5 5.5 5 12.5 0 18M12 3c-5 5.5-5 12.5 0 18" />
        </svg>
        <span className="sr-only">{m.language}</span>
        <select
          id="language-select"
          data-testid="language-select"
          value={language}
          onChange={({ target }) => {
            if (isLanguage(target.value)) choose(target.value);
          }}
        >
          {Object.entries(LANGUAGES).map(([tag, name]) => (
            <option key={tag} value={tag} lang={tag}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="pick">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <circle cx="12" cy="12" r="9" />
          <path className="filled" d="M12 3a9 9 0 0 0 0 18z" />
        </svg>
        <span className="sr-only">{m.theme}</span>
        <select
          id="theme-select"
          data-testid="theme-select"
          value={theme}
          onChange={({ target }) => chooseTheme(THEMES.find((known) => known === target.value) ?? "system")}
        >
          {THEMES.map((known) => (
            <option key={known} value={known}>
              {themeNames[known]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
