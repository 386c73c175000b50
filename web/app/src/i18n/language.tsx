import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { readPreference, rememberPreference } from "../preferences.ts";
import { en, type Dictionary, type Messages } from "./en.ts";
import { ja } from "./ja.ts";

export const LANGUAGES = { en: "English", ja: "日本語" } as const;
export type Language = keyof typeof LANGUAGES;

const dictionaries: Record<Language, Dictionary> = { en, ja };

export function isLanguage(value: string | null | undefined): value is Language {
  return value !== null && value !== undefined && Object.hasOwn(LANGUAGES, value);
}

/** The remembered language, or the first of the browser's that there is. */
function initialLanguage(): Language {
  const wanted = [readPreference("language"), ...navigator.languages.map((tag) => tag.split("-")[0])];
  return wanted.find((tag) => isLanguage(tag)) ?? "en";
}

interface LanguageContextValue {
  language: Language;
  dictionary: Dictionary;
  choose: (language: Language) => void;
}

const LanguageContext = createContext<LanguageContextValue | null>(null);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(initialLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = useCallback((chosen: Language) => {
    rememberPreference("language", chosen);
    setLanguage(chosen);
  }, []);
  const value = useMemo(() => ({ language, choose, dictionary: dictionaries[language] }), [language, choose]);
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useLanguage(): LanguageContextValue {
  const value = useContext(LanguageContext);
  if (value === null) throw new Error("useLanguage needs a LanguageProvider above it");
  return value;
}

export function useMessages(): Messages {
  return useLanguage().dictionary.ui;
}

/** Dates and times as the chosen language writes them, in the reader's time zone. */
export function useFormats() {
  const { language } = useLanguage();
  return useMemo(() => {
    // British, American or Swiss dates: the browser knows which of them "en" means to this reader.
    const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
    const instant = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
    const day = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
    const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
    const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
    // What a server sends is shown as it is rather than not at all when it is no date.
    const safely = (format: Intl.DateTimeFormat) => (value: string | number) => {
      const date = new Date(value);
      return Number.isNaN(date.getTime()) ? String(value) : format.format(date);
    };
    return { instant: safely(instant), day: safely(day), clock: safely(clock), full: safely(full) };
  }, [language]);
}
