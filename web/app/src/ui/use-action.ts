import { isTegataError, type TegataError } from "@tegata/sdk";
import { useRef, useState } from "react";

export interface Action {
  pending: boolean;
  error: TegataError | null;
  done: boolean;
  /** Does nothing while it runs; answers whether it succeeded. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  /** Shows a failure that was found without asking the provider, or none. */
  reset: () => void;
}

/** One thing a user can set off, with what came of it. */
export function useAction(): Action {
  const [state, setState] = useState<{ pending: boolean; error: TegataError | null; done: boolean }>({
    pending: false,
    error: null,
    done: false,
  });
  const running = useRef(false);

  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (running.current) return false;
    running.current = true;
    setState({ pending: true, error: null, done: false });
    try {
      await work();
      setState({ pending: false, error: null, done: true });
      return true;
    } catch (error) {
      if (!isTegataError(error)) throw error;
      setState({ pending: false, error, done: false });
      return false;
    } finally {
      running.current = false;
    }
  };
  return { ...state, run, reset: () => setState({ pending: false, error: null, done: false }) };
}
