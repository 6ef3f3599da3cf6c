import { expect, it } from 'vitest';
import { UnitTime } from './unit-time.ts';

it('tells how old a measurement is by the uptime seen at hello', () => {
  const time = new UnitTime();
  time.sample(5_000, 100_000, 100_020);
  expect(time.ageMs(5_000, 100_110)).toBe(100);
  expect(time.ageMs(6_000, 101_010)).toBe(0);
});

it('takes nothing for measured in the future, and learns from that', () => {
  const time = new UnitTime();
  time.sample(5_000, 100_000, 100_020);
  expect(time.ageMs(9_000, 101_000)).toBe(0);
  expect(time.ageMs(9_000, 101_500)).toBe(500);
});

it('takes an uptime beyond all measure for now', () => {
  const time = new UnitTime();
  expect(time.ageMs(2 ** 62, 1_000)).toBe(0);
});
