import { expect, it } from 'vitest';
import { UserId, newId } from '#protocol/ids.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { PasswordTries } from './password-tries.ts';

const ADA = 'ada@example.org';
const HOME = '198.51.100.7';

it('lets nobody be locked out of where they sign in, or are signed in, by the guesses of others', () => {
  const tries = new PasswordTries({ clock: new ManualClock(0) });
  expect(tries.bySignIn(ADA, HOME)).toBeUndefined();
  tries.signedIn(ADA, HOME);
  // Guesses from ever other addresses count as one stranger's.
  for (let index = 0; index < 20; index += 1) {
    expect(tries.bySignIn(ADA, `203.0.113.${index}`)).toBeUndefined();
  }
  expect(tries.bySignIn(ADA, '203.0.113.99')).toBeGreaterThan(0);
  expect(tries.bySignIn(ADA, HOME)).toBeUndefined();
  expect(tries.inSession(newId(UserId))).toBeUndefined();
  // A right password at home does not give the others new guesses.
  tries.signedIn(ADA, HOME);
  expect(tries.bySignIn(ADA, '203.0.113.99')).toBeGreaterThan(0);
});

it('bounds the tries of one who is signed in, and those from a known place', () => {
  const tries = new PasswordTries({ clock: new ManualClock(0) });
  const userId = newId(UserId);
  tries.signedIn(ADA, HOME);
  for (let index = 0; index < 20; index += 1) {
    expect(tries.inSession(userId)).toBeUndefined();
    expect(tries.bySignIn(ADA, HOME)).toBeUndefined();
  }
  expect(tries.inSession(userId)).toBeGreaterThan(0);
  tries.reauthenticated(userId);
  expect(tries.inSession(userId)).toBeUndefined();
  expect(tries.bySignIn(ADA, HOME)).toBeGreaterThan(0);
});

it('forgets no place of one person for the places of another', () => {
  const tries = new PasswordTries({ clock: new ManualClock(0) });
  tries.signedIn(ADA, HOME);
  for (let index = 0; index < 10_001; index += 1) {
    tries.signedIn('mallory@example.org', `2001:db8:0:${index.toString(16)}`);
  }
  for (let index = 0; index < 21; index += 1) tries.bySignIn(ADA, '203.0.113.1');
  expect(tries.bySignIn(ADA, '203.0.113.2')).toBeGreaterThan(0);
  expect(tries.bySignIn(ADA, HOME)).toBeUndefined();
});
