import { expect, it } from 'vitest';
import { newId, UserId } from '#protocol/ids.ts';
import { AccountSession } from './account-session.ts';
import { noteSignedIn } from './signed-in-note.ts';

function arrange(isSignedIn: boolean) {
  const user = isSignedIn ? { id: newId(UserId), email: 'ada@example.org', name: 'Ada' } : null;
  const account = new AccountSession({
    session: () => Promise.resolve({ user, signUp: 'invite' }),
    sites: () => Promise.resolve([]),
    signOut: () => Promise.resolve(),
  });
  const kept = new Map<string, string>();
  const storage = {
    setItem: (key: string, value: string) => {
      kept.set(key, value);
    },
    removeItem: (key: string) => {
      kept.delete(key);
    },
  };
  return { account, kept, storage };
}

it('remembers that someone is signed in, until the session ends', async () => {
  const { account, kept, storage } = arrange(true);
  noteSignedIn(account, () => storage);
  await account.load();
  expect(kept.size).toBe(1);
  account.noteSignedOut('session_expired');
  expect(kept.size).toBe(0);
});

it('works if the browser stores nothing', async () => {
  const { account } = arrange(true);
  noteSignedIn(account, () => {
    throw new DOMException('denied', 'SecurityError');
  });
  await account.load();
  expect(account.state.get().kind).toBe('signed-in');
});
