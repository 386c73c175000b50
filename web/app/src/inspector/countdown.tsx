import { useMessages } from "../i18n/language.tsx";
import { useNow } from "../ui/use-now.ts";

/** The time that is left to the access token, as text and as a bar. */
export function Countdown({ obtainedAt, expiresAt }: { obtainedAt: number; expiresAt: number }) {
  const m = useMessages();
  const now = useNow();
  const life = Math.max(1, Math.round((expiresAt - obtainedAt) / 1000));
  // `now` may be from just before the tokens came.
  const left = Math.min(life, Math.max(0, Math.ceil((expiresAt - now) / 1000)));
  const minutes = Math.floor(left / 60);
  const seconds = String(left % 60).padStart(2, "0");
  return (
    <div className={left === 0 ? "countdown countdown-over" : "countdown"}>
      <p>
        <span>{m.inspector_expires_in}</span>{" "}
        <strong role="timer" id="token-countdown" data-testid="token-countdown" data-seconds={left}>
          {left === 0 ? m.inspector_expired : `${minutes}:${seconds}`}
        </strong>
      </p>
      <progress value={left} max={life} aria-hidden="true" />
      {left === 0 && <p className="muted">{m.inspector_expired_lead}</p>}
    </div>
  );
}
