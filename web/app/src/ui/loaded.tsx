import type { ReactNode } from "react";
import { useMessages } from "../i18n/language.tsx";
import { ProblemNotice, useWait } from "./problem.tsx";
import type { Resource } from "./use-resource.ts";

interface LoadedProps<T> {
  resource: Resource<T>;
  children: (data: T) => ReactNode;
}

/** What was read, or why it could not be and a way to try again. */
export function Loaded<T>({ resource, children }: LoadedProps<T>) {
  const m = useMessages();
  const wait = useWait(resource.error);
  return (
    <>
      <ProblemNotice error={resource.error} wait={wait} />
      {resource.data !== null && children(resource.data)}
      {resource.data === null && resource.loading && (
        <p className="pending" role="status">
          {m.loading}
        </p>
      )}
      {resource.error !== null && (
        <p className="actions">
          <button type="button" className="button" onClick={() => void resource.reload()}>
            {m.try_again}
          </button>
        </p>
      )}
    </>
  );
}
