import { useEffect, useRef, type ReactNode } from "react";
import { useLocation } from "react-router";

interface PageProps {
  title: string;
  lead?: ReactNode;
  /** Beside the page on a wide screen, below it on a narrow one. */
  aside?: ReactNode;
  /** Leaves the aside out where there is no room beside the page. */
  wideAside?: boolean;
  children?: ReactNode;
}

/** A page with its heading; opening it by a link moves the focus there, so that a screen reader says where one is. */
export function Page({ title, lead, aside, wideAside = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { key } = useLocation();

  useEffect(() => {
    document.title = `${title} · Tegata`;
  }, [title]);

  useEffect(() => {
    // "default" is the entry that the browser itself loaded: there the focus stays where the browser puts it.
    if (key !== "default") heading.current?.focus();
  }, [key]);

  return (
    <div className={aside === undefined ? "page" : "page page-split"}>
      <div className="page-main">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead !== undefined && <p className="lead">{lead}</p>}
        {children}
      </div>
      {aside !== undefined && (
        <div className={wideAside ? "page-aside page-aside-wide" : "page-aside"}>{aside}</div>
      )}
    </div>
  );
}
