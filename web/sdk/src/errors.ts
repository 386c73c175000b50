import { FIELD_CODES, PROBLEM_CODES, type FieldCode, type FieldProblem, type ProblemCode } from "./wire.js";

/** Codes of failures that never came from the provider. */
export type ClientCode =
  /** No answer: offline, connection lost, or no answer in time. */
  | "network_error"
  /** An answer that is not the provider's, such as a proxy's error page. */
  | "unexpected_response"
  /** There is no session, or it ended: someone has to log in, or somebody else has and the request was not theirs. */
  | "not_signed_in"
  /** The address is on no allowed origin; the access token was not sent. */
  | "origin_not_allowed"
  /** The caller's own signal ended the request. */
  | "aborted";

export type TegataErrorCode = ProblemCode | ClientCode;

interface Failure<Code extends TegataErrorCode> extends Error {
  readonly name: "TegataError";
  readonly code: Code;
}

/** A failure that the provider answered with. */
interface ProblemFailure<Code extends ProblemCode> extends Failure<Code> {
  readonly status: number;
  /** Names the request in the provider's log. */
  readonly requestId: string | null;
}

type BackOffCode = "too_many_attempts" | "overloaded" | "temporarily_unavailable";

/**
 * Everything this package throws, told apart by `code`.
 *
 * `validation_failed` has `errors`, one for each refused field; the codes that ask for patience have `retryAfter`.
 */
export type TegataError =
  | (ProblemFailure<"validation_failed"> & { readonly errors: readonly FieldProblem[] })
  | (ProblemFailure<BackOffCode> & {
      /** Seconds. */ readonly retryAfter: number | null;
      /** The same as an instant: milliseconds since 1970 by this page's clock. */
      readonly retryAt: number | null;
    })
  | { [C in Exclude<ProblemCode, "validation_failed" | BackOffCode>]: ProblemFailure<C> }[Exclude<
      ProblemCode,
      "validation_failed" | BackOffCode
    >]
  | (Failure<"unexpected_response"> & { readonly status: number })
  | { [C in Exclude<ClientCode, "unexpected_response">]: Failure<C> }[Exclude<
      ClientCode,
      "unexpected_response"
    >];

class TegataFailure extends Error {
  override readonly name = "TegataError";
  readonly code: TegataErrorCode;

  constructor(code: TegataErrorCode, message: string, members: object = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.assign(this, members);
  }
}

export function isTegataError(value: unknown): value is TegataError {
  return value instanceof TegataFailure;
}

/** @internal */
export function clientError(
  code: Exclude<ClientCode, "unexpected_response">,
  message: string,
  cause?: unknown,
) {
  return new TegataFailure(code, message, {}, { cause }) as TegataError;
}

/** @internal */
export function unexpectedResponse(status: number, cause?: unknown): TegataError {
  const message = `the answer with status ${status} is not one of the provider's`;
  return new TegataFailure("unexpected_response", message, { status }, { cause }) as TegataError;
}

/**
 * Reads an answer that is no success; `body` is its JSON, or `undefined` when it had none.
 *
 * @internal
 */
export function readProblem(status: number, headers: Headers, body: unknown, now: number): TegataError {
  if (!isRecord(body) || !isProblemCode(body["code"])) return unexpectedResponse(status);
  const code = body["code"];
  const members: Record<string, unknown> = {
    status,
    requestId: typeof body["request_id"] === "string" ? body["request_id"] : null,
  };
  if (code === "validation_failed") members["errors"] = readFieldProblems(body["errors"]);
  if (code === "too_many_attempts" || code === "overloaded" || code === "temporarily_unavailable") {
    const seconds = readRetryAfter(headers.get("retry-after"), now);
    members["retryAfter"] = seconds;
    members["retryAt"] = seconds === null ? null : now + seconds * 1000;
  }
  const detail = typeof body["detail"] === "string" ? body["detail"] : code;
  return new TegataFailure(code, detail, members) as TegataError;
}

/** Seconds to wait, from either form of `Retry-After` (RFC 9110 §10.2.3). */
function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  // `Date.parse` alone takes almost anything for a date.
  const date = header.endsWith(" GMT") ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}

function readFieldProblems(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (!isRecord(entry) || typeof entry["field"] !== "string") return [];
    // A newer provider may know more codes; "invalid" is true of all of them.
    const code = isFieldCode(entry["code"]) ? entry["code"] : "invalid";
    const message = typeof entry["message"] === "string" ? entry["message"] : code;
    return [{ field: entry["field"], code, message }];
  });
}

function isProblemCode(value: unknown): value is ProblemCode {
  return (PROBLEM_CODES as readonly unknown[]).includes(value);
}

function isFieldCode(value: unknown): value is FieldCode {
  return (FIELD_CODES as readonly unknown[]).includes(value);
}

/** @internal */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
