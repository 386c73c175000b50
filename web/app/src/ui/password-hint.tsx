import { useMessages } from "../i18n/language.tsx";

/** How long a new password is so far, counted as the provider counts: characters, not UTF-16 units. */
export function PasswordHint({ password, min }: { password: string; min: number }) {
  const m = useMessages();
  const count = Array.from(password.normalize("NFC")).length;
  if (count === 0) return m.password_hint(min);
  return (
    <span className={count >= min ? "enough" : undefined}>
      <progress value={Math.min(count, min)} max={min} aria-hidden="true" />
      {m.password_count(count, min)}
    </span>
  );
}
