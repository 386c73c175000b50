import { useEffect, useLayoutEffect, useRef, type ReactNode } from "react";

interface StepProps {
  /** Its id is `step-` and this. */
  name: string;
  title: string;
  lead: string;
  /** Whether the steps before are done. */
  reached: boolean;
  /** Whether the focus comes here when it is reached: one step is next. Default: it does. */
  takesFocus?: boolean;
  children?: ReactNode;
}

/** One step. What is not reached yet shows its heading only. */
export function Step({ name, title, lead, reached, takesFocus = true, children }: StepProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const wasReached = useRef(reached);
  useEffect(() => {
    if (takesFocus && reached && !wasReached.current) heading.current?.focus();
    wasReached.current = reached;
  }, [takesFocus, reached]);
  return (
    <li
      className={reached ? "flow-step" : "flow-step flow-step-waiting"}
      id={`step-${name}`}
      data-testid={`step-${name}`}
      data-reached={reached}
    >
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {reached && (
        <>
          <p className="muted">{lead}</p>
          {children}
        </>
      )}
    </li>
  );
}

interface StepButtonProps {
  id: string;
  label: string;
  pending: boolean;
  onClick: () => void;
}

/** What does a step, and is gone when it is done. The focus stays in the step then, and is not lost with the button. */
export function StepButton({ id, label, pending, onClick }: StepButtonProps) {
  const ref = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const button = ref.current;
    return () => {
      if (button === document.activeElement) button?.closest("li")?.querySelector("h2")?.focus();
    };
  }, []);
  return (
    <p className="actions">
      <button
        ref={ref}
        type="button"
        id={id}
        data-testid={id}
        className="button primary"
        aria-disabled={pending}
        onClick={() => {
          if (!pending) onClick();
        }}
      >
        {label}
      </button>
    </p>
  );
}
