import { expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { UserId, newId } from '#protocol/ids.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { PasswordTries } from './password-tries.ts';

const ADA = 'ada@example.org';
const HOME = '198.51.100.7';

/** Of a hub that has its database for itself, and so needs it for nothing. */
function alone(): PasswordTries {
  const run = () => Promise.reject(new AppError('internal'));
  return new PasswordTries({ clock: new ManualClock(0), isShared: false, unitOfWork: { run } });
}

it('lets nobody be locked out of where they sign in, or are signed in, by the guesses of others', async () => {
  const tries = alone();
  expect(await tries.bySignIn(ADA, HOME)).toBeUndefined();
  await tries.signedIn(ADA, HOME);
  // Guesses from ever other addresses count as one attacker's.
  for (let index = 0; index < 20; index += 1) {
    expect(await tries.bySignIn(ADA, `203.0.113.${index}`)).toBeUndefined();
  }
  expect(await tries.bySignIn(ADA, '203.0.113.99')).toBeGreaterThan(0);
  expect(await tries.bySignIn(ADA, HOME)).toBeUndefined();
  expect(await tries.inSession(newId(UserId))).toBeUndefined();
  // A right password at home does not give the others new guesses.
  await tries.signedIn(ADA, HOME);
  expect(await tries.bySignIn(ADA, '203.0.113.99')).toBeGreaterThan(0);
});

it('bounds the tries of one who is signed in, and those from a known place', async () => {
  const tries = alone();
  const userId = newId(UserId);
  await tries.signedIn(ADA, HOME);
  for (let index = 0; index < 20; index += 1) {
    expect(await tries.inSession(userId)).toBeUndefined();
    expect(await tries.bySignIn(ADA, HOME)).toBeUndefined();
  }
  expect(await tries.inSession(userId)).toBeGreaterThan(0);
  await tries.reauthenticated(userId);
  expect(await tries.inSession(userId)).toBeUndefined();
  expect(await tries.bySignIn(ADA, HOME)).toBeGreaterThan(0);
});

it('forgets no place of one person for the places of another', async () => {
  const tries = alone();
  await tries.signedIn(ADA, HOME);
  for (let index = 0; index < 10_001; index += 1) {
    await tries.signedIn('mallory@example.org', `2001:db8:0:${index.toString(16)}`);
  }
  for (let index = 0; index < 21; index += 1) await tries.bySignIn(ADA, '203.0.113.1');
  expect(await tries.bySignIn(ADA, '203.0.113.2')).toBeGreaterThan(0);
  expect(await tries.bySignIn(ADA, HOME)).toBeUndefined();
});
