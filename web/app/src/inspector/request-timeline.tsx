import type { RequestEvent, RotationEvent, Timeline } from "@tegata/sdk";
import { useState, useSyncExternalStore } from "react";
import { useFormats, useMessages } from "../i18n/language.tsx";

/** As many as are seen at a glance beside the tokens. */
const SHOWN = 8;

/** Newest first: what just happened is where one looks. */
export function RequestTimeline({ timeline }: { timeline: Timeline }) {
  const m = useMessages();
  const [all, setAll] = useState(false);
  const events = useSyncExternalStore(timeline.subscribe, () => timeline.events);
  const newestFirst = events.toReversed();
  const shown = all ? newestFirst : newestFirst.slice(0, SHOWN);
  const hidden = events.length - shown.length;
  return (
    <>
      <ol className="timeline" id="request-timeline" data-testid="request-timeline">
        {events.length === 0 && <li className="muted">{m.timeline_empty}</li>}
        {shown.map((event) =>
          event.kind === "rotation" ? (
            <Rotation key={event.id} event={event} />
          ) : (
            <Request key={event.id} event={event} />
          ),
        )}
      </ol>
      {hidden > 0 && (
        <button type="button" className="link" data-testid="timeline-older" onClick={() => setAll(true)}>
          {m.timeline_older(hidden)}
        </button>
      )}
    </>
  );
}

function Request({ event }: { event: RequestEvent }) {
  const m = useMessages();
  const formats = useFormats();
  const kinds = { request: m.timeline_request, refresh: m.timeline_refresh, retry: m.timeline_retry };
  const good = event.status !== null && event.status < 400;
  return (
    <li className="entry" data-kind={event.kind} data-status={event.status ?? "none"}>
      <span className={`kind kind-${event.kind}`}>{kinds[event.kind]}</span>
      <code className="entry-path">
        {event.method} {event.path}
      </code>
      <span className={good ? "status status-good" : "status status-bad"}>
        {event.status ?? m.timeline_no_answer}
      </span>
      <span className="entry-more">
        <span>{formats.clock(event.startedAt)}</span>
        <span>{m.timeline_duration(Math.round(event.duration))}</span>
        {event.code !== null && <code>{event.code}</code>}
      </span>
    </li>
  );
}

function Rotation({ event }: { event: RotationEvent }) {
  const m = useMessages();
  const formats = useFormats();
  const texts = {
    login: m.timeline_rotation_login,
    refresh: m.timeline_rotation_refresh,
    other_tab: m.timeline_rotation_other_tab,
  };
  return (
    <li className="entry entry-rotation" data-kind="rotation" data-source={event.source}>
      <span className="entry-rotation-text">{texts[event.source]}</span>
      <span className="entry-more">{formats.clock(event.startedAt)}</span>
    </li>
  );
}
