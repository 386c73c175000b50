import { en, type FlowDictionary } from "../../i18n/flow/en.ts";
import { ja } from "../../i18n/flow/ja.ts";
import { useLanguage, type Language } from "../../i18n/language.tsx";

const dictionaries: Record<Language, FlowDictionary> = { en, ja };

export function useFlowTexts(): FlowDictionary {
  return dictionaries[useLanguage().language];
}
