import { useAuth } from "@tegata/sdk/react";
import { useEffect, useState, useSyncExternalStore } from "react";
import { Link } from "react-router";
import { useMessages } from "../i18n/language.tsx";
import { ProblemNotice, useWait } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import "../styles/inspector.css";
import { Countdown } from "./countdown.tsx";
import { RequestTimeline } from "./request-timeline.tsx";
import { AccessTokenClaims, IdTokenClaims } from "./token-claims.tsx";

/** The teaching tool: a panel beside the page, or a sheet that is pulled up on a small screen. */
export default function TokenInspector() {
  const m = useMessages();
  const { client } = useAuth();
  const tokens = useSyncExternalStore(client.subscribe, () => client.inspect());
  const action = useAction();
  const wait = useWait(action.error);
  const [open, setOpen] = useState(false);

  useEffect(() => {
    if (!open) return undefined;
    const close = (event: KeyboardEvent) => {
      if (event.key === "Escape") setOpen(false);
    };
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [open]);

  const breakAndAsk = () =>
    action.run(async () => {
      client.spoilAccessToken();
      await client.protected();
    });

  return (
    <aside
      className={open ? "inspector inspector-open" : "inspector"}
      id="token-inspector"
      data-testid="token-inspector"
      aria-labelledby="inspector-title"
    >
      <div className="inspector-head">
        <h2 id="inspector-title">{m.inspector_title}</h2>
        <button
          type="button"
          className="sheet-toggle"
          aria-expanded={open}
          aria-controls="inspector-body"
          aria-label={open ? m.inspector_close : m.inspector_open}
          onClick={() => setOpen(!open)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="m6 15 6-6 6 6" />
          </svg>
        </button>
        {tokens !== null && <Countdown obtainedAt={tokens.obtainedAt} expiresAt={tokens.expiresAt} />}
      </div>
      <div className="inspector-body" id="inspector-body">
        <p className="muted">{m.inspector_lead}</p>
        <div className="break">
          <button
            type="button"
            id="expire-now"
            data-testid="expire-now"
            className="button"
            aria-disabled={action.pending || tokens === null}
            aria-describedby="break-lead"
            onClick={() => void breakAndAsk()}
          >
            {m.inspector_break}
          </button>
          <p className="muted" id="break-lead">
            {m.inspector_break_lead}
          </p>
        </div>
        <ProblemNotice id="inspector-error" error={action.error} wait={wait} />
        <h3 id="timeline-title">{m.inspector_timeline}</h3>
        <RequestTimeline timeline={client.timeline} />
        {tokens !== null && (
          <>
            <AccessTokenClaims token={tokens.accessToken} />
            <IdTokenClaims token={tokens.idToken} />
          </>
        )}
        <p className="muted">{m.inspector_refresh_lead}</p>
        <p className="below">
          <Link to="/inspector/flow">{m.inspector_flow_open}</Link>
        </p>
      </div>
    </aside>
  );
}
