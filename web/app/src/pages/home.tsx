import { useAuth } from "@tegata/sdk/react";
import { Link } from "react-router";
import { useConfig } from "../config.tsx";
import { useMessages } from "../i18n/language.tsx";
import { Page } from "../ui/page.tsx";
import { TravelPass } from "../ui/travel-pass.tsx";

export function HomePage() {
  const m = useMessages();
  const { state } = useAuth();
  const config = useConfig();
  const signupEnabled = config?.signup_enabled ?? true;
  const user = "user" in state ? state.user : null;
  return (
    <Page
      title={m.home_title}
      lead={m.home_lead}
      aside={
        <TravelPass
          name={user?.username ?? null}
          validUntil={state.status === "signed_in" ? state.expiresAt : null}
        />
      }
    >
      {/* Which way leads on is not known before the silent refresh is answered. */}
      <p className="actions" hidden={state.status === "starting"}>
        {user === null ? (
          <>
            {signupEnabled && (
              <Link className="button primary" to="/signup">
                {m.sign_up}
              </Link>
            )}
            <Link className={signupEnabled ? "button" : "button primary"} to="/login">
              {m.log_in}
            </Link>
          </>
        ) : (
          <Link className="button primary" to="/protected">
            {m.home_continue}
          </Link>
        )}
      </p>
      <ol className="steps">
        <li>
          <strong>{m.home_step_issue}</strong> <span>{m.home_step_issue_text}</span>
        </li>
        <li>
          <strong>{m.home_step_show}</strong> <span>{m.home_step_show_text}</span>
        </li>
        <li>
          <strong>{m.home_step_renew}</strong> <span>{m.home_step_renew_text}</span>
        </li>
      </ol>
      {config?.token_inspector === true && (
        <p className="below">
          <Link to="/inspector/flow">{m.inspector_flow_open}</Link>
        </p>
      )}
    </Page>
  );
}
