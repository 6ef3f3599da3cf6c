import { expect, it } from 'vitest';
import { FairSlots } from './fair-slots.ts';

function slots(bounds: { total: number; perInnermost?: number }) {
  const all = new FairSlots(bounds);
  const evicted: string[] = [];
  const acquire = (path: string) => all.acquire(path.split('/'), () => evicted.push(path));
  return { all, evicted, acquire };
}

it('gives all of them to one who is alone, and a share to each who comes', () => {
  const { all, evicted, acquire } = slots({ total: 6 });
  for (let index = 0; index < 6; index += 1) expect(acquire('mallory/m/1')).toBeDefined();
  expect(acquire('mallory/m/1')).toBeUndefined();
  for (const path of ['ada/a/1', 'ada/a/2', 'ada/a/3']) expect(acquire(path)).toBeDefined();
  expect(evicted).toEqual(['mallory/m/1', 'mallory/m/1', 'mallory/m/1']);
  // As many as the other has: nobody takes turns in throwing the other out.
  expect(acquire('ada/a/4')).toBeUndefined();
  expect(acquire('mallory/m/1')).toBeUndefined();
  expect(acquire('bob/b/1')).toBeDefined();
  expect(all.size).toBe(6);
});

it('shares by account, however many sites and bases an account has', () => {
  const { evicted, acquire } = slots({ total: 4 });
  for (const path of ['mallory/m1/1', 'mallory/m2/2', 'mallory/m3/3', 'mallory/m4/4'])
    acquire(path);
  expect(acquire('ada/a/1')).toBeDefined();
  expect(evicted).toEqual(['mallory/m4/4']);
  // Among its own sites the one with the most gives way.
  acquire('mallory/m1/1');
  expect(acquire('mallory/m5/5')).toBeUndefined();
});

it('shares within an account and within a site', () => {
  const { evicted, acquire } = slots({ total: 4 });
  for (const path of ['ada/big/1', 'ada/big/1', 'ada/big/1', 'ada/big/2']) acquire(path);
  expect(acquire('ada/small/1')).toBeDefined();
  expect(evicted).toEqual(['ada/big/1']);
});

it('bounds one base separately, and counts released slots', () => {
  const { all, acquire } = slots({ total: 9, perInnermost: 2 });
  const first = acquire('ada/a/1');
  expect(acquire('ada/a/1')).toBeDefined();
  expect(acquire('ada/a/1')).toBeUndefined();
  expect(acquire('ada/a/2')).toBeDefined();
  first?.();
  first?.();
  expect(all.size).toBe(2);
  expect(acquire('ada/a/1')).toBeDefined();
});
