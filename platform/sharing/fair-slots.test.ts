import { expect, it } from 'vitest';
import { FairSlots } from './fair-slots.ts';

function slots(bounds: { total: number; perInnermost?: number }) {
  const all = new FairSlots(bounds);
  const evicted: string[] = [];
  const take = (path: string) => all.take(path.split('/'), () => evicted.push(path));
  return { all, evicted, take };
}

it('gives all of them to one who is alone, and a share to each who comes', () => {
  const { all, evicted, take } = slots({ total: 6 });
  for (let index = 0; index < 6; index += 1) expect(take('mallory/m/1')).toBeDefined();
  expect(take('mallory/m/1')).toBeUndefined();
  for (const path of ['ada/a/1', 'ada/a/2', 'ada/a/3']) expect(take(path)).toBeDefined();
  expect(evicted).toEqual(['mallory/m/1', 'mallory/m/1', 'mallory/m/1']);
  // As many as the other has: nobody takes turns in throwing the other out.
  expect(take('ada/a/4')).toBeUndefined();
  expect(take('mallory/m/1')).toBeUndefined();
  expect(take('bob/b/1')).toBeDefined();
  expect(all.size).toBe(6);
});

it('shares by account, however many sites and bases an account has', () => {
  const { evicted, take } = slots({ total: 4 });
  for (const path of ['mallory/m1/1', 'mallory/m2/2', 'mallory/m3/3', 'mallory/m4/4']) take(path);
  expect(take('ada/a/1')).toBeDefined();
  expect(evicted).toEqual(['mallory/m4/4']);
  // Among its own sites the one with the most gives way.
  take('mallory/m1/1');
  expect(take('mallory/m5/5')).toBeUndefined();
});

it('shares within an account and within a site', () => {
  const { evicted, take } = slots({ total: 4 });
  for (const path of ['ada/big/1', 'ada/big/1', 'ada/big/1', 'ada/big/2']) take(path);
  expect(take('ada/small/1')).toBeDefined();
  expect(evicted).toEqual(['ada/big/1']);
});

it('bounds one base by itself, and counts what was given back', () => {
  const { all, take } = slots({ total: 9, perInnermost: 2 });
  const first = take('ada/a/1');
  expect(take('ada/a/1')).toBeDefined();
  expect(take('ada/a/1')).toBeUndefined();
  expect(take('ada/a/2')).toBeDefined();
  first?.();
  first?.();
  expect(all.size).toBe(2);
  expect(take('ada/a/1')).toBeDefined();
});
