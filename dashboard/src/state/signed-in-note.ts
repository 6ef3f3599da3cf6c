import type { AccountSession } from './account-session.ts';

/** The key is known to public/first-requests.js as well. */
const KEY = 'signalbox-signed-in';

/** Remembers that someone was signed in, so that the next visit requests everything at once. */
export function noteSignedIn(
  { state }: AccountSession,
  storage: () => Pick<Storage, 'setItem' | 'removeItem'>,
): () => void {
  return state.subscribe(() => {
    const { kind } = state.get();
    try {
      if (kind === 'signed-in') storage().setItem(KEY, 'yes');
      if (kind === 'signed-out') storage().removeItem(KEY);
    } catch {
      // Otherwise the next visit makes the requests one after the other.
    }
  });
}
