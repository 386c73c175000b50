import { useAuth } from "@tegata/sdk/react";
import { Link } from "react-router";
import { useMessages } from "../i18n/language.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemNotice, useWait } from "../ui/problem.tsx";

/** At the start the provider could not be asked whether there is a session: that is not the same as "no". */
export function UnreachablePage() {
  const m = useMessages();
  const { client, state } = useAuth();
  const error = state.status === "unreachable" ? state.error : null;
  const wait = useWait(error);
  return (
    <Page title={m.unreachable_title} lead={m.unreachable_lead}>
      <ProblemNotice error={error} wait={wait} />
      <p className="actions">
        <button type="button" className="button primary" onClick={() => void client.recheck()}>
          {m.try_again}
        </button>
        <Link className="button" to="/login">
          {m.log_in}
        </Link>
      </p>
    </Page>
  );
}
