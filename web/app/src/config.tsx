import type { ProviderConfig } from "@tegata/sdk";
import { useAuth } from "@tegata/sdk/react";
import { createContext, useContext, useEffect, useState, type ReactNode } from "react";

const ConfigContext = createContext<ProviderConfig | null>(null);

const RETRY_MS = 3_000;

/** Asks the provider how it is set up, until it answers. */
export function ConfigProvider({ children }: { children: ReactNode }) {
  const { client } = useAuth();
  const [config, setConfig] = useState<ProviderConfig | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const ask = async () => {
      try {
        const answer = await client.config();
        if (!stopped) setConfig(answer);
      } catch {
        if (!stopped) timer = setTimeout(() => void ask(), RETRY_MS);
      }
    };
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [client]);
  return <ConfigContext value={config}>{children}</ConfigContext>;
}

/** `null` until the provider has answered: a page then shows what is right for every set-up. */
export function useConfig(): ProviderConfig | null {
  return useContext(ConfigContext);
}
