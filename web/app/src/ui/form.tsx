import type { FieldProblem } from "@tegata/sdk";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useConfig } from "../config.tsx";
import { useLanguage } from "../i18n/language.tsx";
import { ProblemNotice, useWait } from "./problem.tsx";
import type { Action } from "./use-action.ts";

/** Until the provider has said otherwise. */
const USUAL_PASSWORD_MIN_LENGTH = 15;

export function usePasswordMinLength(): number {
  return useConfig()?.password_min_length ?? USUAL_PASSWORD_MIN_LENGTH;
}

/** What is wrong with each field, in the reader's language. */
export type FieldErrors = Record<string, string | undefined>;

interface FormProps {
  id: string;
  action: Action;
  submitLabel: string;
  submitId?: string;
  /** Where a page has several forms. */
  errorId?: string;
  danger?: boolean;
  success?: string;
  /** Names of the fields that must not be empty. */
  required?: readonly string[];
  /** The field that a problem without fields is about, such as a user name that is taken. */
  blame?: Partial<Record<string, string>>;
  onSubmit: (values: FormData) => Promise<unknown>;
  children: (errors: FieldErrors) => ReactNode;
}

/** A form that says beside each field what is wrong with it, and leads there. */
export function Form(props: FormProps) {
  const { action, required = [], blame = {}, danger = false } = props;
  const { dictionary } = useLanguage();
  const { ui, problems, fields } = dictionary;
  const min = usePasswordMinLength();
  const [missing, setMissing] = useState<readonly string[]>([]);
  const form = useRef<HTMLFormElement>(null);
  const wait = useWait(action.error);

  const errors: FieldErrors = {};
  for (const field of missing) errors[field] = fields.required;
  if (action.error?.code === "validation_failed") {
    for (const problem of action.error.errors) errors[problem.field] ??= textOf(problem);
  }
  const blamed = action.error === null ? undefined : blame[action.error.code];
  if (action.error !== null && blamed !== undefined) errors[blamed] = problems[action.error.code];

  function textOf({ field, code }: FieldProblem): string {
    const isNewPassword = field === "password" || field === "new_password";
    if (code === "too_short" && isNewPassword) return ui.password_too_short(min);
    if (field === "username" && code !== "required") return ui.username_rule;
    return fields[code];
  }

  useEffect(() => {
    if (action.error === null && missing.length === 0) return;
    form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [action.error, missing]);

  const submit = async (target: HTMLFormElement) => {
    const values = new FormData(target);
    const empty = required.filter((name) => values.get(name) === "");
    setMissing(empty);
    if (empty.length > 0) {
      action.reset();
      return;
    }
    if (wait > 0) return;
    await action.run(() => props.onSubmit(values));
  };

  return (
    <form
      ref={form}
      id={props.id}
      data-testid={props.id}
      // What calls `submit()` by itself, as some password managers do, gets past the handler: nothing of it in an address.
      method="post"
      noValidate
      aria-busy={action.pending}
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
    >
      <ProblemNotice id={props.errorId ?? "form-error"} error={action.error} wait={wait} />
      {props.children(errors)}
      <div className="form-end">
        <button
          type="submit"
          id={props.submitId}
          data-testid={props.submitId}
          className={danger ? "button danger" : "button primary"}
          aria-disabled={action.pending || wait > 0}
        >
          {action.pending ? ui.working : props.submitLabel}
        </button>
        <p role="status" className="done">
          {action.done ? props.success : ""}
        </p>
      </div>
    </form>
  );
}
