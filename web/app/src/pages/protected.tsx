import { useAuth } from "@tegata/sdk/react";
import { useCallback } from "react";
import { useMessages } from "../i18n/language.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemNotice, useWait } from "../ui/problem.tsx";
import { TravelPass } from "../ui/travel-pass.tsx";
import { useResource } from "../ui/use-resource.ts";

export function ProtectedPage() {
  const m = useMessages();
  const { client, state } = useAuth();
  const answer = useResource(useCallback(() => client.protected(), [client]));
  const wait = useWait(answer.error);
  const name = answer.data?.user.username ?? ("user" in state ? (state.user?.username ?? null) : null);
  return (
    <Page
      title={m.protected_title}
      lead={m.protected_lead}
      aside={
        <TravelPass
          name={name}
          validUntil={state.status === "signed_in" ? state.expiresAt : null}
          stamped={answer.data !== null && answer.error === null}
        />
      }
    >
      <ProblemNotice error={answer.error} wait={wait} />
      <div className="answer" aria-busy={answer.loading} aria-live="polite">
        {answer.data === null ? (
          answer.loading && <p className="muted">{m.protected_loading}</p>
        ) : (
          <>
            {/* The API speaks English, whatever the page speaks: a screen reader has to know (WCAG 3.1.2). */}
            <blockquote id="protected-message" data-testid="protected-message" lang="en">
              {answer.data.message}
            </blockquote>
            <dl className="facts">
              <div>
                <dt>{m.username}</dt>
                <dd>{answer.data.user.username}</dd>
              </div>
              <div>
                <dt>{m.protected_subject}</dt>
                <dd>
                  <code>{answer.data.user.sub}</code>
                </dd>
              </div>
            </dl>
          </>
        )}
      </div>
      <p className="actions">
        <button
          type="button"
          id="protected-reload"
          data-testid="protected-reload"
          className="button primary"
          aria-disabled={answer.loading}
          onClick={() => void answer.reload()}
        >
          {m.protected_again}
        </button>
      </p>
    </Page>
  );
}
