import { expect, it } from 'vitest';
import { Preference, type PreferenceStorage } from './preference.ts';

function memory(): PreferenceStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
  };
}

it('begins as it should, and is kept for the next page', () => {
  const storage = memory();
  const open = () => new Preference({ key: 'keys', initial: true, storage: () => storage });
  const first = open();
  let reported = 0;
  first.subscribe(() => (reported += 1));
  expect(first.get()).toBe(true);
  first.set(false);
  expect(reported).toBe(1);
  expect(open().get()).toBe(false);
  first.set(true);
  expect(open().get()).toBe(true);
});

it('treats nonsense, and a browser that stores nothing, as no choice', () => {
  const storage = memory();
  storage.setItem('keys', 'perhaps');
  expect(new Preference({ key: 'keys', initial: true, storage: () => storage }).get()).toBe(true);
  const refused = new Preference({
    key: 'keys',
    initial: true,
    storage: () => {
      throw new DOMException('denied', 'SecurityError');
    },
  });
  refused.set(false);
  expect(refused.get()).toBe(false);
});
