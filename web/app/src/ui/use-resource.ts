import { isTegataError, type TegataError } from "@tegata/sdk";
import { useCallback, useEffect, useRef, useState } from "react";

export interface Resource<T> {
  data: T | null;
  error: TegataError | null;
  loading: boolean;
  reload: () => Promise<void>;
  replace: (data: T) => void;
}

/** Something read from the provider when a page opens; older answers never overwrite newer ones. */
export function useResource<T>(read: () => Promise<T>): Resource<T> {
  const [state, setState] = useState<Pick<Resource<T>, "data" | "error" | "loading">>({
    data: null,
    error: null,
    loading: true,
  });
  const latest = useRef(0);

  const reload = useCallback(async () => {
    const turn = ++latest.current;
    setState((before) => ({ ...before, loading: true }));
    try {
      const data = await read();
      if (turn === latest.current) setState({ data, error: null, loading: false });
    } catch (error) {
      if (!isTegataError(error)) throw error;
      if (turn === latest.current) setState((before) => ({ ...before, error, loading: false }));
    }
  }, [read]);

  useEffect(() => {
    void reload();
    return () => {
      latest.current++;
    };
  }, [reload]);

  const replace = useCallback((data: T) => setState({ data, error: null, loading: false }), []);
  return { ...state, reload, replace };
}
