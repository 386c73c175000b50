/** A provider for one page in memory: answers by method and path, and keeps what it was asked. */
import { TegataClient } from "@tegata/sdk";

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

type Answer = Response | (() => Response | Promise<Response>);

export function problem(
  status: number,
  code: string,
  more: object = {},
  headers: HeadersInit = {},
): Response {
  const body = { type: "about:blank", title: code, status, detail: code, code, request_id: "01TEST" };
  return Response.json({ ...body, ...more }, { status, headers });
}

export class PageProvider {
  readonly seen: { call: string; body: unknown; token: string | null }[] = [];
  readonly answers = new Map<string, Answer>();
  config = {
    issuer: "http://localhost",
    client_id: "tegata-spa",
    signup_enabled: true,
    password_min_length: 15,
    token_inspector: false,
    languages: ["en", "ja"],
  };
  user = {
    sub: "u-1",
    username: "hanako",
    email: null as string | null,
    email_verified: false,
    name: null as string | null,
    locale: null as string | null,
    created_at: "2026-11-24T12:00:00Z",
    scope: "openid profile",
  };
  sessions = [
    {
      session_id: "s-1",
      current: true,
      created_at: "2026-11-24T12:00:00Z",
      last_used_at: "2026-11-24T12:00:00Z",
      expires_at: "2026-12-24T12:00:00Z",
      user_agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36" as string | null,
      ip: "127.0.0.1" as string | null,
    },
  ];
  cookie = "";
  #valid = "";
  #number = 0;
  #receive: (message: unknown) => void = () => undefined;

  client(): TegataClient {
    return new TegataClient({
      fetch: this.#fetch,
      readCookie: () => this.cookie,
      openChannel: (_, receive) => {
        this.#receive = receive;
        return { postMessage: () => undefined, close: () => undefined };
      },
      renewAhead: false,
    });
  }

  /** Another tab of this browser logs in. */
  logInElsewhere(user: Partial<PageProvider["user"]>): void {
    this.openSession();
    Object.assign(this.user, user);
    const { access_token: accessToken, id_token: idToken, scope } = this.#tokens();
    const obtainedAt = Date.now();
    const tokens = { accessToken, idToken, scope, obtainedAt, expiresAt: obtainedAt + 900_000 };
    this.#receive({ type: "tokens", tokens });
  }

  openSession(): void {
    this.cookie = "tegata_csrf=c";
  }

  calls(): string[] {
    return this.seen.map(({ call }) => call).filter((call) => call !== "GET /auth/config");
  }

  body(call: string): unknown {
    return this.seen.findLast((seen) => seen.call === call)?.body;
  }

  #fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const call = `${init.method ?? "GET"} ${pathname}`;
    const token = new Headers(init.headers).get("authorization");
    this.seen.push({ call, body: typeof init.body === "string" ? JSON.parse(init.body) : undefined, token });
    const answer = this.answers.get(call);
    if (answer !== undefined) return typeof answer === "function" ? answer() : answer.clone();
    await Promise.resolve();
    return this.#usual(call, token, this.seen.at(-1)?.body);
  };

  #tokens() {
    const iat = Math.floor(Date.now() / 1000);
    const { sub, username, scope } = this.user;
    const number = ++this.#number;
    const claims = { iss: "http://localhost", sub, aud: "http://localhost", iat, exp: iat + 900, sid: "s-1" };
    const header = { typ: "at+jwt", alg: "ES256", kid: "k-1" };
    const jti = `j-${number}`;
    const access = { ...claims, client_id: "tegata-spa", scope, jti, username };
    const id = {
      ...claims,
      aud: "tegata-spa",
      auth_time: iat,
      amr: ["pwd"],
      acr: "1",
      at_hash: "h",
      preferred_username: username,
    };
    this.#valid = `${base64url(header)}.${base64url(access)}.Sig${number}`;
    return {
      access_token: this.#valid,
      token_type: "Bearer",
      expires_in: 900,
      id_token: `${base64url({ ...header, typ: "JWT" })}.${base64url(id)}.IdSig${number}`,
      scope,
    };
  }

  #usual(call: string, token: string | null, body: unknown): Response {
    if (call === "GET /auth/config") return Response.json(this.config);
    if (call === "POST /auth/signup") return Response.json({ user: this.user }, { status: 201 });
    if (call === "POST /auth/login") {
      this.openSession();
      return Response.json({ ...this.#tokens(), user: this.user });
    }
    if (call === "POST /auth/refresh") {
      return this.cookie === "" ? problem(401, "invalid_grant") : Response.json(this.#tokens());
    }
    if (call === "POST /auth/logout") return this.#end();
    if (token !== `Bearer ${this.#valid}`) {
      return problem(401, "invalid_token", {}, { "www-authenticate": 'Bearer error="invalid_token"' });
    }
    switch (call) {
      case "POST /auth/logout-all":
      case "DELETE /users/me":
        return this.#end();
      case "GET /users/me":
        return Response.json({ user: this.user });
      case "PATCH /users/me":
        Object.assign(this.user, body, { current_password: undefined });
        return Response.json({ user: this.user });
      case "POST /users/me/password":
        return new Response(null, { status: 204 });
      case "GET /users/me/sessions":
        return Response.json({ sessions: this.sessions });
      case "GET /api/protected":
        return Response.json({
          message: "The gate is open.",
          user: { sub: this.user.sub, username: this.user.username },
        });
      default:
        this.sessions = this.sessions.filter(({ session_id }) => !call.endsWith(session_id));
        return call.startsWith("DELETE ") ? new Response(null, { status: 204 }) : problem(404, "not_found");
    }
  }

  #end(): Response {
    this.cookie = "";
    return new Response(null, { status: 204 });
  }
}
