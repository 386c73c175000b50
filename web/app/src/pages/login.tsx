import { useAuth } from "@tegata/sdk/react";
import { useState } from "react";
import { Link, useLocation } from "react-router";
import { useConfig } from "../config.tsx";
import { useMessages } from "../i18n/language.tsx";
import { Field, PasswordField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { Page } from "../ui/page.tsx";
import { text } from "../ui/form-values.ts";
import { TravelPass } from "../ui/travel-pass.tsx";
import { useAction } from "../ui/use-action.ts";

export function LoginPage() {
  const m = useMessages();
  const { client, state } = useAuth();
  const { search } = useLocation();
  const config = useConfig();
  const action = useAction();
  const [name, setName] = useState("");
  const reason = state.status === "signed_out" ? state.reason : "never";
  return (
    <Page
      title={m.login_title}
      lead={m.login_lead}
      wideAside
      aside={<TravelPass name={name.trim() || null} />}
    >
      {action.error === null && reason === "ended" && <p className="note">{m.login_ended}</p>}
      {action.error === null && reason === "signed_out" && (
        <p className="note" role="status">
          {m.login_signed_out}
        </p>
      )}
      {/* Once logged in, the route itself leads on to where the user wanted to go. */}
      <Form
        id="login-form"
        submitId="login-submit"
        submitLabel={m.log_in}
        action={action}
        required={["username", "password"]}
        onSubmit={(values) =>
          client.login({ username: text(values, "username").trim(), password: text(values, "password") })
        }
      >
        {(errors) => (
          <>
            <Field
              id="username"
              name="username"
              label={m.username}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              value={name}
              onChange={({ target }) => setName(target.value)}
              error={errors["username"]}
            />
            <PasswordField
              id="password"
              name="password"
              label={m.password}
              autoComplete="current-password"
              required
              error={errors["password"]}
            />
          </>
        )}
      </Form>
      {config?.signup_enabled !== false && (
        <p className="below">
          {m.login_no_account} <Link to={`/signup${search}`}>{m.sign_up}</Link>
        </p>
      )}
    </Page>
  );
}
