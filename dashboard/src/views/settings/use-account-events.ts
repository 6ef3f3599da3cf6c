import { useCallback, useEffect, useState } from 'react';
import { asAppError } from '#client/http-client.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { AccountEvent } from '#protocol/events/account-event.ts';
import { useServices } from '../../components/services.ts';

const PAGE_SIZE = 10;

/** An account's events as far as they are loaded, newest first. */
export interface AccountEventsState {
  /** Undefined until the first page is there. */
  readonly events: readonly AccountEvent[] | undefined;
  /** Where older ones begin; null: there are none. */
  readonly next: number | null;
  readonly isLoading: boolean;
  /** Why the last page could not be loaded. */
  readonly code: ErrorCode | undefined;
}

const LOADING: AccountEventsState = {
  events: undefined,
  next: null,
  isLoading: true,
  code: undefined,
};

/** The events of the account that is signed in; `load` fetches the next page of them, or the first again. */
export function useAccountEvents(): {
  readonly state: AccountEventsState;
  readonly load: () => void;
} {
  const { accountApi } = useServices();
  const [state, setState] = useState(LOADING);
  const fetchPage = useCallback(
    (before: number | undefined) => {
      setState((now) => ({ ...now, isLoading: true, code: undefined }));
      accountApi.events(before, PAGE_SIZE).then(
        ({ events, next }) =>
          setState((now) => ({
            events: [...(before === undefined ? [] : (now.events ?? [])), ...events],
            ...{ next, isLoading: false, code: undefined },
          })),
        (error: unknown) =>
          setState((now) => ({ ...now, isLoading: false, code: asAppError(error).code })),
      );
    },
    [accountApi],
  );
  useEffect(() => fetchPage(undefined), [fetchPage]);
  const load = () => fetchPage(state.next ?? undefined);
  return { state, load };
}
