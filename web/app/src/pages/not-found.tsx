import { Link } from "react-router";
import { useMessages } from "../i18n/language.tsx";
import { Page } from "../ui/page.tsx";

export function NotFoundPage() {
  const m = useMessages();
  return (
    <Page title={m.not_found_title} lead={m.not_found_lead}>
      <p className="actions">
        <Link className="button primary" to="/">
          {m.not_found_home}
        </Link>
      </p>
    </Page>
  );
}
