import { expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.ts';

const CHEAP = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };

it('makes argon2id hashes that only their password fits', async () => {
  const hasher = new PasswordHasher({ cost: CHEAP });
  const hash = await hasher.hash('correct horse');
  expect(hash).toMatch(/^\$argon2id\$/);
  expect(await hasher.verify(hash, 'correct horse')).toBe(true);
  expect(await hasher.verify(hash, 'wrong horse')).toBe(false);
  expect(await hasher.verify(undefined, 'nobody has this password')).toBe(false);
});

it('refuses more work than it may hold', async () => {
  const hasher = new PasswordHasher({ cost: CHEAP });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, () => hasher.hash('correct horse')),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(5);
  for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'overloaded' } });
});
