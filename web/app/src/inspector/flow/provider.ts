/** The one module of the application that asks the provider as any other client would: without the SDK, without cookies. */

/** What a client learns from the provider's metadata (OpenID Connect Discovery §3). */
export interface Provider {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  userinfo_endpoint: string;
  revocation_endpoint: string;
  end_session_endpoint: string;
  jwks_uri: string;
}

export interface Answer {
  status: number;
  /** Empty where the answer has no body. */
  body: Readonly<Record<string, unknown>>;
}

export interface Question {
  url: string;
  /** Makes it a `POST`. */
  form?: Readonly<Record<string, string>>;
  accessToken?: string;
}

const ENDPOINTS = [
  "authorization_endpoint",
  "token_endpoint",
  "userinfo_endpoint",
  "revocation_endpoint",
  "end_session_endpoint",
  "jwks_uri",
] as const;

/**
 * `null` where there is no OpenID Provider to be shown, or this page is not at its address: then nothing that is asked would
 * come back here.
 *
 * @throws When there is no answer.
 */
export async function discover(): Promise<Provider | null> {
  const { body } = await ask({ url: "/.well-known/openid-configuration" });
  const isHere = (url: unknown) =>
    typeof url === "string" && URL.canParse(url) && new URL(url).origin === location.origin;
  const isProvider = isHere(body["issuer"]) && ENDPOINTS.every((name) => isHere(body[name]));
  return isProvider ? (body as unknown as Provider) : null;
}

/** @throws When there is no answer, or it is none of the provider's. */
export async function ask({ url, form, accessToken }: Question): Promise<Answer> {
  const response = await fetch(url, {
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
    headers: accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` },
    ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
  });
  const text = await response.text();
  const body: unknown = text === "" ? {} : JSON.parse(text);
  if (typeof body !== "object" || body === null) throw new TypeError("the answer is no JSON object");
  return { status: response.status, body: body as Record<string, unknown> };
}
