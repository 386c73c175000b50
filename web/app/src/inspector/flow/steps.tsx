import { useSyncExternalStore } from "react";
import { useLanguage } from "../../i18n/language.tsx";
import { IdTokenClaims } from "../token-claims.tsx";
import { allPassed } from "./check.ts";
import type { FlowRun, FlowState } from "./flow-run.ts";
import type { CheckedIdToken } from "./id-token.ts";
import { authorizationRequest } from "./request.ts";
import { keepRoundTrip, type RoundTrip } from "./round-trip.ts";
import { CheckList, ExchangeView, ParameterList } from "./shown.tsx";
import { Step, StepButton } from "./step.tsx";
import { useFlowTexts } from "./texts.ts";

interface StepsProps {
  run: FlowRun;
  /** Sends the browser somewhere. */
  leave: (url: string) => void;
}

interface PartProps extends StepsProps {
  state: FlowState;
}

/** All steps, in their order: those that are done, the next one, and those that are to come. */
export function Steps({ run, leave }: StepsProps) {
  const t = useFlowTexts();
  const state = useSyncExternalStore(run.subscribe, () => run.state);
  const part = { run, leave, state };
  return (
    <>
      <ol className="flow">
        <Verifier {...part} />
        <Request {...part} />
        <Callback {...part} />
        <Tokens {...part} />
        <IdToken {...part} />
        <UserInfo {...part} />
        <Refreshing {...part} />
        <End {...part} />
      </ol>
      <div role="alert">{state.failed && <p className="problem">{t.ui.failed}</p>}</div>
    </>
  );
}

function Verifier({ run, state: { trip, pending } }: PartProps) {
  const t = useFlowTexts().ui;
  return (
    <Step name="pkce" title={t.pkce_title} lead={t.pkce_lead} reached>
      {trip === null ? (
        <StepButton id="flow-begin" label={t.pkce_do} pending={pending} onClick={() => void run.begin()} />
      ) : (
        <>
          <dl className="facts flow-secrets">
            <div>
              <dt>{t.pkce_verifier}</dt>
              <dd>
                <code id="code-verifier">{trip.codeVerifier}</code>
              </dd>
            </div>
            <div>
              <dt>{t.pkce_challenge}</dt>
              <dd>
                <code id="code-challenge">{trip.codeChallenge}</code>
              </dd>
            </div>
          </dl>
          <p>
            <code>code_challenge = BASE64URL(SHA-256(ASCII(code_verifier)))</code>{" "}
            <cite className="source">RFC 7636 §4.2</cite>
          </p>
          <p className="muted">{t.pkce_storage}</p>
        </>
      )}
    </Step>
  );
}

function Request({ run, leave, state: { trip, callback, pending } }: PartProps) {
  const t = useFlowTexts().ui;
  const { language } = useLanguage();
  const send = (begun: RoundTrip) => {
    keepRoundTrip(begun);
    leave(run.authorizationUrl(begun, language));
  };
  return (
    <Step name="request" title={t.request_title} lead={t.request_lead} reached={trip !== null}>
      {trip !== null && (
        <>
          <p>
            <code>GET {new URL(run.provider.authorization_endpoint).pathname}</code>
          </p>
          <ParameterList parameters={authorizationRequest(run.provider.issuer, trip, language)} />
          {callback === null && (
            <StepButton id="flow-send" label={t.request_do} pending={pending} onClick={() => send(trip)} />
          )}
        </>
      )}
    </Step>
  );
}

function Callback({ run, state: { callback } }: PartProps) {
  const t = useFlowTexts().ui;
  return (
    <Step name="callback" title={t.callback_title} lead={t.callback_lead} reached={callback !== null}>
      {callback !== null && callback.error === null && <CheckList checks={callback.checks} />}
      {callback !== null && callback.error !== null && (
        <p className="problem" id="flow-error">
          {t.denied} <code>{callback.error}</code>{" "}
          {callback.errorDescription !== null && <span lang="en">{callback.errorDescription}</span>}
        </p>
      )}
      {callback !== null && callback.error === null && !run.hasCode && (
        <p className="problem" id="flow-stopped">
          {t.stopped}
        </p>
      )}
    </Step>
  );
}

function Tokens({ run, state: { redeemed, pending } }: PartProps) {
  const t = useFlowTexts().ui;
  return (
    <Step name="token" title={t.token_title} lead={t.token_lead} reached={run.hasCode}>
      {redeemed === null ? (
        <StepButton id="flow-redeem" label={t.token_do} pending={pending} onClick={() => void run.redeem()} />
      ) : (
        <ExchangeView exchange={redeemed} />
      )}
    </Step>
  );
}

function IdToken({ run, state: { redeemed, idToken, pending } }: PartProps) {
  const t = useFlowTexts().ui;
  const reached = redeemed !== null && redeemed.status === 200;
  return (
    <Step name="id-token" title={t.id_token_title} lead={t.id_token_lead} reached={reached}>
      {idToken === null ? (
        <StepButton
          id="flow-check"
          label={t.id_token_do}
          pending={pending}
          onClick={() => void run.checkIdToken()}
        />
      ) : (
        <>
          <CheckList checks={idToken.checks} />
          {!isGood(idToken) && <p className="problem">{t.stopped}</p>}
          <IdTokenClaims token={idToken.decoded} />
        </>
      )}
    </Step>
  );
}

/** A client believes nothing of an ID token that fails a check. */
function isGood({ decoded, checks }: CheckedIdToken): boolean {
  return decoded !== null && allPassed(checks);
}

function UserInfo({ run, state: { idToken, userInfo, pending } }: PartProps) {
  const t = useFlowTexts().ui;
  const reached = idToken !== null && isGood(idToken);
  return (
    <Step name="user-info" title={t.user_info_title} lead={t.user_info_lead} reached={reached}>
      {userInfo === null ? (
        <StepButton
          id="flow-user-info"
          label={t.user_info_do}
          pending={pending}
          onClick={() => void run.askUserInfo()}
        />
      ) : (
        <>
          <ExchangeView exchange={userInfo.exchange} />
          <CheckList checks={[userInfo.check]} />
        </>
      )}
    </Step>
  );
}

function Refreshing({ run, state }: PartProps) {
  const t = useFlowTexts().ui;
  const { userInfo, refreshed, replayed, refusedRefresh, revoked, pending } = state;
  const acts = [
    { id: "flow-refresh", label: t.refresh_do, done: refreshed, act: () => run.refresh() },
    { id: "flow-replay", label: t.replay_do, done: replayed, act: () => run.replay() },
    { id: "flow-refused", label: t.refused_do, done: refusedRefresh, act: () => run.refreshAfterReplay() },
  ];
  const next = revoked === null ? acts.find(({ done }) => done === null) : undefined;
  return (
    <Step name="refresh" title={t.refresh_title} lead={t.refresh_lead} reached={userInfo !== null}>
      {acts.map(({ id, done }) => done !== null && <ExchangeView key={id} exchange={done} />)}
      {refusedRefresh !== null && refusedRefresh.status >= 400 && <p className="note">{t.refused_note}</p>}
      {next !== undefined && (
        <StepButton id={next.id} label={next.label} pending={pending} onClick={() => void next.act()} />
      )}
    </Step>
  );
}

function End({ run, leave, state: { userInfo, revoked, pending } }: PartProps) {
  const t = useFlowTexts().ui;
  return (
    <Step name="end" title={t.end_title} lead={t.end_lead} reached={userInfo !== null} takesFocus={false}>
      {revoked === null ? (
        <StepButton
          id="flow-revoke"
          label={t.revoke_do}
          pending={pending}
          onClick={() => void run.revoke()}
        />
      ) : (
        <>
          <ExchangeView exchange={revoked} />
          <p className="muted">{t.revoke_note}</p>
        </>
      )}
      <p className="actions">
        <button type="button" id="flow-log-out" className="button" onClick={() => leave(run.logoutUrl)}>
          {t.log_out}
        </button>
      </p>
    </Step>
  );
}
