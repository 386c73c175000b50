import { useState, type ComponentProps, type ReactNode } from "react";
import { useMessages } from "../i18n/language.tsx";

interface FieldProps extends Omit<ComponentProps<"input">, "id"> {
  /** Also the test id. */
  id: string;
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

function describedBy(id: string, hint: ReactNode, error: string | undefined): string | undefined {
  const ids = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean);
  return ids.length > 0 ? ids.join(" ") : undefined;
}

function Frame({ id, label, hint, error, children }: Omit<FieldProps, "children"> & { children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint !== undefined && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

export function Field({ id, label, hint, error, ...input }: FieldProps) {
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input
        id={id}
        data-testid={id}
        aria-invalid={error !== undefined}
        aria-describedby={describedBy(id, hint, error)}
        {...input}
      />
    </Frame>
  );
}

/** A password is typed once and can be looked at: that finds mistakes, which typing it twice does not. */
export function PasswordField({ id, label, hint, error, ...input }: FieldProps) {
  const m = useMessages();
  const [shown, setShown] = useState(false);
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <div className="password-box">
        <input
          id={id}
          data-testid={id}
          type={shown ? "text" : "password"}
          aria-invalid={error !== undefined}
          aria-describedby={describedBy(id, hint, error)}
          spellCheck={false}
          autoCapitalize="none"
          {...input}
        />
        <button
          type="button"
          className="reveal"
          aria-pressed={shown}
          aria-label={m.show_password}
          title={m.show_password}
          onClick={() => setShown(!shown)}
        >
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
            <circle cx="12" cy="12" r="3" />
            {!shown && <path d="M4 20 20 4" />}
          </svg>
        </button>
      </div>
    </Frame>
  );
}
