import type { AccountSession } from './account-session.ts';

/** The key is known to public/first-requests.js as well. */
const KEY = 'signalbox-signed-in';

/** Keeps whether somebody is signed in, so that the next visit asks for everything at once. */
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
      // The next visit asks one after the other.
    }
  });
}
