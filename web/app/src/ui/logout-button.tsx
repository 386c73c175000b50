import { useAuth } from "@tegata/sdk/react";
import { useLanguage } from "../i18n/language.tsx";
import { useAction } from "./use-action.ts";

/** Says so when the provider could not be told: the session would still be alive. */
export function LogoutButton() {
  const { client } = useAuth();
  const { dictionary } = useLanguage();
  const action = useAction();
  return (
    <div className="logout">
      <button
        type="button"
        id="logout"
        data-testid="logout"
        className="button quiet"
        aria-disabled={action.pending}
        onClick={() => void action.run(() => client.logout())}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M10 4H5v16h5M14 8l4 4-4 4M18 12H9" />
        </svg>
        <span>{dictionary.ui.log_out}</span>
      </button>
      <div role="alert">
        {action.error !== null && <p className="logout-error">{dictionary.problems[action.error.code]}</p>}
      </div>
    </div>
  );
}
