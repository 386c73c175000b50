import type { TegataError } from "@tegata/sdk";
import { useLanguage } from "../i18n/language.tsx";
import { useNow } from "./use-now.ts";

/** Seconds that the provider still asks to wait; 0 when there is nothing to wait for. */
export function useWait(error: TegataError | null): number {
  const until = error !== null && "retryAt" in error ? error.retryAt : null;
  const now = useNow(until !== null);
  return until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
}

interface ProblemNoticeProps {
  error: TegataError | null;
  /** What {@link useWait} says. */
  wait?: number;
  /** Also the test id. */
  id?: string;
}

/** Says what went wrong, once and aloud; the countdown beside it is only seen, not read out each second. */
export function ProblemNotice({ error, wait = 0, id = "form-error" }: ProblemNoticeProps) {
  const { dictionary } = useLanguage();
  const { ui, problems } = dictionary;
  const asked = error !== null && "retryAfter" in error ? error.retryAfter : null;
  return (
    <div role="alert" className="problem-slot">
      {error !== null && (
        <div className="problem" id={id} data-testid={id} data-code={error.code}>
          <p>
            {problems[error.code]}
            {asked !== null && (
              <>
                {" "}
                <span aria-hidden="true">{wait > 0 ? ui.wait_seconds(wait) : ui.wait_over}</span>
                <span className="sr-only">{ui.wait_seconds(asked)}</span>
              </>
            )}
          </p>
          {"requestId" in error && error.requestId !== null && error.status >= 500 && (
            <p className="problem-id">{ui.request_id(error.requestId)}</p>
          )}
        </div>
      )}
    </div>
  );
}
