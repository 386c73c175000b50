import type { Session } from "@tegata/sdk";
import { useAuth } from "@tegata/sdk/react";
import { useCallback } from "react";
import { useFormats, useMessages } from "../i18n/language.tsx";
import { describeAgent } from "../ui/describe-agent.ts";
import { Loaded } from "../ui/loaded.tsx";
import { Page } from "../ui/page.tsx";
import { ProblemNotice } from "../ui/problem.tsx";
import { useAction } from "../ui/use-action.ts";
import { useResource } from "../ui/use-resource.ts";

export function DevicesPage() {
  const m = useMessages();
  const { client } = useAuth();
  const sessions = useResource(useCallback(() => client.sessions(), [client]));
  const ending = useAction();
  const everywhere = useAction();

  const end = async (session: Session) => {
    const done = await ending.run(() => client.endSession(session.session_id));
    if (done) await sessions.reload();
  };

  return (
    <Page title={m.devices_title} lead={m.devices_lead}>
      <ProblemNotice error={ending.error} />
      <p role="status" className="done">
        {ending.done ? m.devices_ended : ""}
      </p>
      <Loaded resource={sessions}>
        {(list) => (
          <ul className="devices" id="sessions-list" data-testid="sessions-list">
            {list.map((session) => (
              <Device
                key={session.session_id}
                session={session}
                busy={ending.pending}
                onEnd={() => void end(session)}
              />
            ))}
          </ul>
        )}
      </Loaded>
      <section className="card" aria-labelledby="all-title">
        <h2 id="all-title">{m.devices_all_title}</h2>
        <p className="muted">{m.devices_all_lead}</p>
        <ProblemNotice id="logout-all-error" error={everywhere.error} />
        <button
          type="button"
          id="logout-all"
          data-testid="logout-all"
          className="button danger"
          aria-disabled={everywhere.pending}
          onClick={() => void everywhere.run(() => client.logoutAll())}
        >
          {m.devices_all}
        </button>
      </section>
    </Page>
  );
}

function Device({ session, busy, onEnd }: { session: Session; busy: boolean; onEnd: () => void }) {
  const m = useMessages();
  const formats = useFormats();
  const agent = describeAgent(session.user_agent);
  const name =
    agent === null ? (session.user_agent ?? m.devices_unknown) : m.devices_agent(agent.browser, agent.system);
  return (
    <li className={session.current ? "device device-current" : "device"} data-current={session.current}>
      <div className="device-head">
        <h2>{name}</h2>
        {session.current ? (
          <span className="badge">{m.devices_this}</span>
        ) : (
          <button
            type="button"
            className="button"
            data-testid="session-end"
            aria-disabled={busy}
            onClick={onEnd}
          >
            {m.devices_end}
            <span className="sr-only">: {name}</span>
          </button>
        )}
      </div>
      <dl className="facts">
        <Fact name={m.devices_last_used}>
          <time dateTime={session.last_used_at}>{formats.instant(session.last_used_at)}</time>
        </Fact>
        <Fact name={m.devices_since}>
          <time dateTime={session.created_at}>{formats.instant(session.created_at)}</time>
        </Fact>
        <Fact name={m.devices_expires}>
          <time dateTime={session.expires_at}>{formats.instant(session.expires_at)}</time>
        </Fact>
        {session.ip !== null && (
          <Fact name={m.devices_address}>
            <code>{session.ip}</code>
          </Fact>
        )}
      </dl>
    </li>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
