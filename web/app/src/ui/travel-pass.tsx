import { useFormats, useMessages } from "../i18n/language.tsx";

interface TravelPassProps {
  name: string | null;
  /** Milliseconds since 1970. */
  validUntil?: number | null;
  stamped?: boolean;
}

/** The wooden pass: whose it is, and until when. */
export function TravelPass({ name, validUntil = null, stamped = false }: TravelPassProps) {
  const m = useMessages();
  const formats = useFormats();
  return (
    <div className="pass">
      <svg className="pass-cord" viewBox="0 0 120 96" aria-hidden="true">
        <path className="cord-shade" d="M60 92C34 66 30 24 60 12c30 12 26 54 0 80" />
        <path className="cord" d="M60 90C34 64 30 22 60 10c30 12 26 54 0 80" />
        <path className="cord" d="M52 14c-9-10-20-9-21-3s11 8 21 3m16 0c9-10 20-9 21-3s-11 8-21 3" />
        <circle className="cord-knot" cx="60" cy="13" r="6.5" />
      </svg>
      <div className="pass-shadow">
        <div className="pass-board">
          <span className="pass-hole" aria-hidden="true" />
          <span className="pass-mark" aria-hidden="true" lang="ja">
            手形
          </span>
          <p className="pass-text">
            <span className="pass-label">{m.pass_of}</span>
            <span className="pass-name">{name ?? m.pass_nobody}</span>
            <span className="pass-label">
              {validUntil === null ? m.pass_not_issued : m.pass_valid_until(formats.clock(validUntil))}
            </span>
          </p>
        </div>
      </div>
      {stamped && (
        <span className="stamp" role="img" aria-label={m.protected_stamp}>
          <span lang="ja" aria-hidden="true">
            通
          </span>
        </span>
      )}
    </div>
  );
}
