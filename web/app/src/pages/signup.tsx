import { useAuth } from "@tegata/sdk/react";
import { useState } from "react";
import { Link, useLocation } from "react-router";
import { useConfig } from "../config.tsx";
import { useMessages } from "../i18n/language.tsx";
import { Field, PasswordField } from "../ui/field.tsx";
import { Form, usePasswordMinLength } from "../ui/form.tsx";
import { optionalText, text } from "../ui/form-values.ts";
import { Page } from "../ui/page.tsx";
import { PasswordHint } from "../ui/password-hint.tsx";
import { TravelPass } from "../ui/travel-pass.tsx";
import { useAction } from "../ui/use-action.ts";

export function SignupPage() {
  const m = useMessages();
  const { client } = useAuth();
  const { search } = useLocation();
  const config = useConfig();
  const min = usePasswordMinLength();
  const action = useAction();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");

  if (config?.signup_enabled === false) {
    return (
      <Page title={m.signup_title} lead={m.sign_up_closed}>
        <p className="actions">
          <Link className="button primary" to="/login">
            {m.log_in}
          </Link>
        </p>
      </Page>
    );
  }

  const signUpAndLogIn = async (values: FormData) => {
    const account = { username: text(values, "username").trim(), password: text(values, "password") };
    const email = optionalText(values, "email");
    await client.signup(email === null ? account : { ...account, email });
    await client.login(account);
  };

  return (
    <Page
      title={m.signup_title}
      lead={m.signup_lead}
      wideAside
      aside={<TravelPass name={name.trim() || null} />}
    >
      <Form
        id="signup-form"
        submitId="signup-submit"
        submitLabel={m.signup_submit}
        action={action}
        required={["username", "password"]}
        blame={{ username_taken: "username" }}
        onSubmit={signUpAndLogIn}
      >
        {(errors) => (
          <>
            <Field
              id="username"
              name="username"
              label={m.username}
              hint={errors["username"] === undefined ? m.username_hint : undefined}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              value={name}
              onChange={({ target }) => setName(target.value)}
              error={errors["username"]}
            />
            <Field
              id="email"
              name="email"
              type="email"
              label={m.email_optional}
              autoComplete="email"
              error={errors["email"]}
            />
            <PasswordField
              id="password"
              name="password"
              label={m.password}
              hint={<PasswordHint password={password} min={min} />}
              autoComplete="new-password"
              required
              value={password}
              onChange={({ target }) => setPassword(target.value)}
              error={errors["password"]}
            />
          </>
        )}
      </Form>
      <p className="below">
        {m.signup_have_account} <Link to={`/login${search}`}>{m.log_in}</Link>
      </p>
    </Page>
  );
}
