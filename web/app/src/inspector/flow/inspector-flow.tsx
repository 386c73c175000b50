import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { useMessages } from "../../i18n/language.tsx";
import { Page } from "../../ui/page.tsx";
import "../../styles/inspector.css";
import "../../styles/flow.css";
import { readCallback } from "./callback.ts";
import { FlowRun } from "./flow-run.ts";
import { discover } from "./provider.ts";
import { PATH } from "./request.ts";
import { forgetRoundTrip, readRoundTrip } from "./round-trip.ts";
import { Steps } from "./steps.tsx";
import { useFlowTexts } from "./texts.ts";

interface InspectorFlowProps {
  /** Sends the browser somewhere; a test has no browser. */
  leave?: (url: string) => void;
}

/** For learning: an authorization code flow against this provider, run for real and shown step by step. */
export default function InspectorFlow({ leave = (url) => location.assign(url) }: InspectorFlowProps) {
  const m = useMessages();
  const t = useFlowTexts().ui;
  const { search } = useLocation();
  const navigate = useNavigate();
  // What the browser came back with, before it is taken out of the address.
  const [arrival] = useState(() => ({ trip: readRoundTrip(), callback: readCallback(search) }));
  const [found, setFound] = useState<"asking" | "none" | "failed" | FlowRun>("asking");
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    if (arrival.callback === null) return;
    // An answer to something else must not end what is under way.
    if (arrival.callback.state === arrival.trip?.state) forgetRoundTrip();
    // A code in the address would stay in the history.
    void navigate(PATH, { replace: true });
  }, [arrival, navigate]);

  useEffect(() => {
    let stopped = false;
    discover().then(
      (provider) => {
        if (stopped) return;
        setFound(provider === null ? "none" : new FlowRun(provider, arrival.trip, arrival.callback));
      },
      () => {
        if (!stopped) setFound("failed");
      },
    );
    return () => {
      stopped = true;
    };
  }, [arrival, attempt]);

  const retry = () => {
    setFound("asking");
    setAttempt(attempt + 1);
  };

  const again = () => {
    if (!(found instanceof FlowRun)) return;
    forgetRoundTrip();
    setFound(new FlowRun(found.provider, null, null));
  };

  return (
    <Page title={m.inspector_flow} lead={t.lead}>
      {found === "asking" && (
        <p className="pending" role="status">
          {m.loading}
        </p>
      )}
      {found === "none" && (
        <p className="problem" role="alert" id="flow-off">
          {t.off}
        </p>
      )}
      {found === "failed" && (
        <>
          <p className="problem" role="alert">
            {t.failed}
          </p>
          <p className="actions">
            <button type="button" className="button" onClick={retry}>
              {m.try_again}
            </button>
          </p>
        </>
      )}
      {found instanceof FlowRun && (
        <>
          <Steps run={found} leave={leave} />
          <p className="actions">
            <button type="button" id="flow-again" className="button quiet" onClick={again}>
              {t.again}
            </button>
          </p>
        </>
      )}
    </Page>
  );
}
