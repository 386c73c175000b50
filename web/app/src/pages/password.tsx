import { useAuth } from "@tegata/sdk/react";
import { useState } from "react";
import { useMessages } from "../i18n/language.tsx";
import { AccountName } from "../ui/account-name.tsx";
import { PasswordField } from "../ui/field.tsx";
import { Form, usePasswordMinLength } from "../ui/form.tsx";
import { text } from "../ui/form-values.ts";
import { Page } from "../ui/page.tsx";
import { PasswordHint } from "../ui/password-hint.tsx";
import { useAction } from "../ui/use-action.ts";

export function PasswordPage() {
  const m = useMessages();
  const { client } = useAuth();
  const min = usePasswordMinLength();
  const action = useAction();
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");

  const change = async (values: FormData) => {
    await client.changePassword({
      current_password: text(values, "current_password"),
      new_password: text(values, "new_password"),
    });
    setCurrent("");
    setFresh("");
  };

  return (
    <Page title={m.password_title} lead={m.password_lead}>
      <section className="card">
        <Form
          id="password-form"
          submitId="password-submit"
          submitLabel={m.password_submit}
          success={m.password_changed}
          action={action}
          required={["current_password", "new_password"]}
          blame={{ password_mismatch: "current_password" }}
          onSubmit={change}
        >
          {(errors) => (
            <>
              <AccountName />
              <PasswordField
                id="current-password"
                name="current_password"
                label={m.current_password}
                autoComplete="current-password"
                required
                value={current}
                onChange={({ target }) => setCurrent(target.value)}
                error={errors["current_password"]}
              />
              <PasswordField
                id="new-password"
                name="new_password"
                label={m.new_password}
                hint={<PasswordHint password={fresh} min={min} />}
                autoComplete="new-password"
                required
                value={fresh}
                onChange={({ target }) => setFresh(target.value)}
                error={errors["new_password"]}
              />
            </>
          )}
        </Form>
      </section>
    </Page>
  );
}
