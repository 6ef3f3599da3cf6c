import { useCallback, useEffect, useState } from 'react';
import { type ActionState, useAction } from '../../components/use-action.ts';

interface List<T> extends ActionState {
  readonly rows: readonly T[] | undefined;
  /** Runs an action, then fetches the list again. */
  readonly change: (action: () => Promise<unknown>) => void;
}

/** A short list of the hub, fetched when it comes on screen and after each change. */
export function useList<T>(fetchRows: () => Promise<readonly T[]>): List<T> {
  const [rows, setRows] = useState<readonly T[]>();
  const action = useAction();
  const { run } = action;
  const change = useCallback(
    (first: () => Promise<unknown>) =>
      run(async () => {
        await first();
        setRows(await fetchRows());
      }),
    [run, fetchRows],
  );
  useEffect(() => {
    change(() => Promise.resolve());
  }, [change]);
  return { ...action, rows, change };
}
