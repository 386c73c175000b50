import type { DecodedToken } from "@tegata/sdk";
import { useFormats, useLanguage } from "../i18n/language.tsx";
import { ACCESS_TOKEN_NOTES, HEADER_NOTES, ID_TOKEN_NOTES, INSTANTS } from "./claim-sources.ts";

interface TokenClaimsProps {
  id: string;
  title: string;
  lead: string;
  token: DecodedToken | null;
  notes: typeof ACCESS_TOKEN_NOTES;
}

export function AccessTokenClaims({ token }: { token: DecodedToken | null }) {
  const { ui } = useLanguage().dictionary;
  return (
    <TokenClaims
      id="access-token-claims"
      title={ui.inspector_access_token}
      lead={ui.inspector_access_lead}
      token={token}
      notes={ACCESS_TOKEN_NOTES}
    />
  );
}

export function IdTokenClaims({ token }: { token: DecodedToken | null }) {
  const { ui } = useLanguage().dictionary;
  return (
    <TokenClaims
      id="id-token-claims"
      title={ui.inspector_id_token}
      lead={ui.inspector_id_lead}
      token={token}
      notes={ID_TOKEN_NOTES}
    />
  );
}

function TokenClaims({ id, title, lead, token, notes }: TokenClaimsProps) {
  const { ui } = useLanguage().dictionary;
  return (
    <details className="token" open id={id} data-testid={id}>
      <summary>
        <h3>{title}</h3>
      </summary>
      <p className="muted">{lead}</p>
      {token === null ? (
        <p>{ui.inspector_unreadable}</p>
      ) : (
        <>
          <h4>{ui.inspector_header}</h4>
          <Members members={token.header} notes={HEADER_NOTES} />
          <h4>{ui.inspector_claims}</h4>
          <Members members={token.claims} notes={notes} />
        </>
      )}
    </details>
  );
}

function Members({ members, notes }: { members: DecodedToken["claims"]; notes: typeof HEADER_NOTES }) {
  const { claims } = useLanguage().dictionary;
  return (
    <dl className="claims">
      {Object.entries(members).map(([name, value]) => {
        const known = Object.hasOwn(notes, name) ? notes[name] : undefined;
        return (
          <div className="claim" key={name} data-claim={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              <ClaimValue name={name} value={value} />
              <span className="claim-note">
                {claims[known?.note ?? "other"]}
                {known !== undefined && <cite>{known.source}</cite>}
              </span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function ClaimValue({ name, value }: { name: string; value: unknown }) {
  const formats = useFormats();
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <span className="claim-value">
      <code>{shown}</code>
      {INSTANTS.has(name) && typeof value === "number" && (
        <span className="claim-time">{formats.full(value * 1000)}</span>
      )}
    </span>
  );
}
