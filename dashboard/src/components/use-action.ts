import { useCallback, useState } from 'react';
import type { ErrorCode } from '#protocol/errors.ts';
import { asAppError } from '#client/http-client.ts';

export interface ActionState {
  readonly busy: boolean;
  /** Why the last attempt failed. */
  readonly code: ErrorCode | undefined;
  readonly run: (action: () => Promise<void>) => void;
}

/** An action that a person started: whether it is in progress, and why it failed. */
export function useAction(): ActionState {
  const [busy, setBusy] = useState(false);
  const [code, setCode] = useState<ErrorCode>();
  const run = useCallback((action: () => Promise<void>) => {
    setBusy(true);
    setCode(undefined);
    void action()
      .catch((error: unknown) => setCode(asAppError(error).code))
      .finally(() => setBusy(false));
  }, []);
  return { busy, code, run };
}
