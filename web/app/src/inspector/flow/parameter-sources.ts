import type { ParameterName } from "../../i18n/flow/en.ts";

/** Where each parameter is specified. */
export const PARAMETER_SOURCES: Record<ParameterName, string> = {
  response_type: "RFC 6749 §3.1.1",
  client_id: "RFC 6749 §2.2",
  redirect_uri: "RFC 6749 §3.1.2, RFC 9700 §4.1.3",
  scope: "RFC 6749 §3.3, OIDC Core §3.1.2.1",
  state: "RFC 6749 §10.12",
  nonce: "OIDC Core §3.1.2.1",
  code_challenge: "RFC 7636 §4.2",
  code_challenge_method: "RFC 7636 §4.3",
  prompt: "OIDC Core §3.1.2.1",
  ui_locales: "OIDC Core §3.1.2.1",
  grant_type: "RFC 6749 §4.1.3, §6",
  code: "RFC 6749 §4.1.3",
  code_verifier: "RFC 7636 §4.1, §4.5",
  refresh_token: "RFC 6749 §6",
  token: "RFC 7009 §2.1",
  token_type_hint: "RFC 7009 §2.1",
  authorization: "RFC 6750 §2.1",
};
