import type { ParameterName } from "../../i18n/flow/en.ts";
import { allPassed, type Check } from "./check.ts";
import type { Exchange } from "./flow-run.ts";
import { PARAMETER_SOURCES } from "./parameter-sources.ts";
import type { Parameters } from "./request.ts";
import { useFlowTexts } from "./texts.ts";

/** Parameters with what each is for. */
export function ParameterList({ parameters }: { parameters: Parameters }) {
  const t = useFlowTexts();
  return (
    <dl className="claims">
      {Object.entries(parameters).map(([name, value]) => (
        <div className="claim" key={name} data-parameter={name}>
          <dt>
            <code>{name}</code>
          </dt>
          <dd>
            <code>{value}</code>
            {isKnown(name) && (
              <span className="claim-note">
                {t.parameters[name]}
                <cite>{PARAMETER_SOURCES[name]}</cite>
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function isKnown(name: string): name is ParameterName {
  return Object.hasOwn(PARAMETER_SOURCES, name);
}

/** A request and its answer. */
export function ExchangeView({ exchange }: { exchange: Exchange }) {
  const t = useFlowTexts();
  const { method, path, sent, status, answer } = exchange;
  return (
    <div className="exchange" data-status={status}>
      <h3>{t.ui.sent}</h3>
      <p>
        <code>
          {method} {path}
        </code>
      </p>
      <ParameterList parameters={sent} />
      <h3>
        {t.ui.answered}{" "}
        <span className={status < 400 ? "status status-good" : "status status-bad"}>{status}</span>
      </h3>
      {Object.keys(answer).length > 0 && (
        <pre className="answer-body">
          <code>{JSON.stringify(answer, null, 2)}</code>
        </pre>
      )}
    </div>
  );
}

/** Each check with what was compared. */
export function CheckList({ checks }: { checks: readonly Check[] }) {
  const t = useFlowTexts();
  return (
    <>
      <h3>{t.ui.checks}</h3>
      <ul className="checks" data-passed={allPassed(checks)}>
        {checks.map(({ name, passed, expected, found }) => (
          <li key={name} data-check={name} data-passed={passed}>
            <span className={passed ? "verdict verdict-good" : "verdict verdict-bad"}>
              {passed ? t.ui.passed : t.ui.not_passed}
            </span>
            <span>
              <code>{name}</code> {t.checks[name]}
            </span>
            <span className="check-values">
              {expected !== null && (
                <span>
                  {t.ui.expected} <code>{expected}</code>
                </span>
              )}
              <span>
                {t.ui.found} <code>{found}</code>
              </span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
