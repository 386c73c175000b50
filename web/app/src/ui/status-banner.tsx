import { useAuth } from "@tegata/sdk/react";
import { useMessages } from "../i18n/language.tsx";
import { useOnline } from "./use-online.ts";

/** What is wrong with the connection, as long as it is. */
export function StatusBanner() {
  const m = useMessages();
  const online = useOnline();
  const { client, state } = useAuth();
  const unreachable = state.status === "unreachable" && state.user !== null;
  return (
    <div role="status" className="banner-slot">
      {!online && <p className="banner">{m.offline}</p>}
      {online && unreachable && (
        <p className="banner">
          {m.unreachable}{" "}
          <button type="button" className="link" onClick={() => void client.recheck()}>
            {m.try_again}
          </button>
        </p>
      )}
    </div>
  );
}
