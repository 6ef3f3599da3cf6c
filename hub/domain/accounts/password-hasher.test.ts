import { hash as argon2 } from '@node-rs/argon2';
import { expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.ts';

const CHEAP = { memoryCost: 1_024, timeCost: 1, parallelism: 1 };

it('makes argon2id hashes that only their password fits', async () => {
  const hasher = new PasswordHasher({ cost: CHEAP });
  const hash = await hasher.hash('correct horse', 'ada');
  expect(hash).toMatch(/^\$argon2id\$/);
  expect(await hasher.verify(hash, 'correct horse', 'ada')).toBe('right');
  expect(await hasher.verify(hash, 'wrong horse', 'ada')).toBe('wrong');
  expect(await hasher.verify(undefined, 'nobody has this password', 'ada')).toBe('wrong');
});

it('refuses more work than it may hold', async () => {
  const hasher = new PasswordHasher({ cost: CHEAP });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, () => hasher.hash('correct horse', 'ada')),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused.length).toBeGreaterThanOrEqual(5);
  for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'overloaded' } });
});

it('treats a phrase as the same in any Unicode form', async () => {
  const hasher = new PasswordHasher({ cost: CHEAP });
  const phrase = 'gr\u00fc\u00dfe an caf\u00e9';
  const hash = await hasher.hash(phrase.normalize('NFD'), 'ada');
  for (const form of [phrase, phrase.normalize('NFD'), phrase.replaceAll(' ', '\u00a0')]) {
    expect(await hasher.verify(hash, form, 'ada')).toBe('right');
  }
  expect(await hasher.verify(hash, phrase.toUpperCase(), 'ada')).toBe('wrong');
  expect(await hasher.verify(undefined, phrase, 'ada')).toBe('wrong');
});

it('accepts older hashes, by their bytes, and recomputes them', async () => {
  const hasher = new PasswordHasher({ cost: CHEAP });
  const decomposed = 'cafe\u0301 au lait';
  const old = await argon2(decomposed, CHEAP);
  for (const form of [decomposed, decomposed.normalize('NFC')]) {
    expect(await hasher.verify(old, form, 'ada')).toBe('outdated');
  }
  expect(await hasher.verify(old, 'cafe au lait', 'ada')).toBe('wrong');
});
