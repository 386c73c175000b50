import type { User } from "@tegata/sdk";
import { useAuth } from "@tegata/sdk/react";
import { useCallback } from "react";
import { isLanguage, LANGUAGES, useFormats, useLanguage, useMessages } from "../i18n/language.tsx";
import { AccountName } from "../ui/account-name.tsx";
import { Field, PasswordField } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { optionalText, text } from "../ui/form-values.ts";
import { Loaded } from "../ui/loaded.tsx";
import { Page } from "../ui/page.tsx";
import { useAction } from "../ui/use-action.ts";
import { useResource } from "../ui/use-resource.ts";

interface UserFormProps {
  user: User;
  onSaved: (user: User) => void;
}

export function ProfilePage() {
  const m = useMessages();
  const { client } = useAuth();
  const me = useResource(useCallback(() => client.me(), [client]));
  return (
    <Page title={m.profile_title} lead={m.profile_lead}>
      <Loaded resource={me}>
        {(user) => (
          <>
            <Identity user={user} />
            <section className="card" aria-labelledby="details-title">
              <h2 id="details-title">{m.profile_details}</h2>
              <DetailsForm user={user} onSaved={me.replace} />
            </section>
            <section className="card" aria-labelledby="email-title">
              <h2 id="email-title">{m.profile_email_title}</h2>
              <EmailForm user={user} onSaved={me.replace} />
            </section>
            <DeleteAccount />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Identity({ user }: { user: User }) {
  const m = useMessages();
  const formats = useFormats();
  return (
    <div className="identity">
      <span className="avatar" aria-hidden="true">
        {(user.name ?? user.username).slice(0, 1).toUpperCase()}
      </span>
      <div>
        <p className="identity-name">{user.username}</p>
        <p className="muted">{m.profile_since(formats.day(user.created_at))}</p>
        <p className="muted">
          {m.profile_scope}: <code>{user.scope}</code>
        </p>
      </div>
    </div>
  );
}

function DetailsForm({ user, onSaved }: UserFormProps) {
  const m = useMessages();
  const { client } = useAuth();
  const { choose } = useLanguage();
  const action = useAction();

  const save = async (values: FormData) => {
    const locale = optionalText(values, "locale");
    onSaved(await client.updateMe({ name: optionalText(values, "name"), locale }));
    // The page follows the account only when the account changes: the choice at the top is this browser's.
    if (isLanguage(locale) && locale !== user.locale) choose(locale);
  };

  return (
    <Form
      id="profile-form"
      submitId="profile-submit"
      submitLabel={m.save}
      success={m.saved}
      action={action}
      onSubmit={save}
    >
      {(errors) => (
        <>
          <Field
            id="name"
            name="name"
            label={m.profile_name}
            hint={m.profile_name_hint}
            autoComplete="name"
            defaultValue={user.name ?? ""}
            error={errors["name"]}
          />
          <div className="field">
            <label htmlFor="locale">{m.profile_locale}</label>
            <select id="locale" data-testid="locale" name="locale" defaultValue={user.locale ?? ""}>
              <option value="">{m.profile_locale_none}</option>
              {Object.entries(LANGUAGES).map(([tag, name]) => (
                <option key={tag} value={tag} lang={tag}>
                  {name}
                </option>
              ))}
              {user.locale !== null && !isLanguage(user.locale) && (
                <option value={user.locale}>{user.locale}</option>
              )}
            </select>
          </div>
        </>
      )}
    </Form>
  );
}

function EmailForm({ user, onSaved }: UserFormProps) {
  const m = useMessages();
  const { client } = useAuth();
  const action = useAction();
  const save = async (values: FormData) => {
    const email = optionalText(values, "email");
    onSaved(await client.updateMe({ email, current_password: text(values, "current_password") }));
  };
  const status = user.email_verified ? m.profile_email_verified : m.profile_email_unverified;
  return (
    <Form
      id="email-form"
      submitId="email-submit"
      errorId="email-error"
      submitLabel={m.save}
      success={m.saved}
      action={action}
      required={["current_password"]}
      blame={{ password_mismatch: "current_password" }}
      onSubmit={save}
    >
      {(errors) => (
        <>
          <p className="muted">{m.profile_email_lead}</p>
          <AccountName />
          <Field
            id="email"
            name="email"
            type="email"
            label={m.email}
            hint={user.email === null ? undefined : status}
            autoComplete="email"
            defaultValue={user.email ?? ""}
            error={errors["email"]}
          />
          <PasswordField
            // After a change the field is new, and empty.
            key={user.email}
            id="email-current-password"
            name="current_password"
            label={m.current_password}
            autoComplete="current-password"
            required
            error={errors["current_password"]}
          />
        </>
      )}
    </Form>
  );
}

function DeleteAccount() {
  const m = useMessages();
  const { client } = useAuth();
  const action = useAction();
  return (
    <details className="card danger-zone" data-testid="delete-account">
      <summary>{m.profile_delete_title}</summary>
      <p>{m.profile_delete_lead}</p>
      <Form
        id="delete-form"
        submitId="delete-submit"
        errorId="delete-error"
        submitLabel={m.profile_delete_submit}
        danger
        action={action}
        required={["password"]}
        blame={{ password_mismatch: "password" }}
        onSubmit={(values) => client.deleteMe(text(values, "password"))}
      >
        {(errors) => (
          <>
            <AccountName />
            <PasswordField
              id="delete-password"
              name="password"
              label={m.current_password}
              autoComplete="current-password"
              required
              error={errors["password"]}
            />
          </>
        )}
      </Form>
    </details>
  );
}
