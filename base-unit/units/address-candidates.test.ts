import { expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { AddressCandidates } from './address-candidates.ts';

const OLD = { host: '192.0.2.1', port: 8888 };
const NOW = { host: '192.0.2.2', port: 8888 };
const unit: StoredUnit = {
  unitId: newId(UnitId),
  origin: 'hub',
  name: 'Lamp',
  address: OLD,
  link: 'frames',
  hardwareId: 'lamp',
  lastReported: null,
  update: null,
};

it('finds a unit that moved while the base was off at the second try, even with a waiting command', () => {
  const known: UnitAddress[] = [];
  let queried = 0;
  const candidates = new AddressCandidates(() => {
    queried += 1;
    return known;
  });
  expect(candidates.next(unit)).toEqual(OLD);
  expect(queried).toBe(1);
  // The answer comes while the old address is dialled.
  known.push(NOW);
  candidates.failed(unit);
  expect(candidates.next(unit)).toEqual(NOW);
});

it('queries nothing while a unit stays at its address', () => {
  let queried = 0;
  const candidates = new AddressCandidates(() => {
    queried += 1;
    return [];
  });
  for (let round = 0; round < 5; round += 1) {
    expect(candidates.next(unit)).toEqual(OLD);
    candidates.found();
  }
  expect(queried).toBe(1);
});

it('tries one that is announced all the time soon, whatever else is announced anew each time', () => {
  let round = 0;
  const candidates = new AddressCandidates(() => {
    round += 1;
    const made = Array.from({ length: 5 }, (_, last) => ({
      host: `198.51.100.${(round * 5 + last) % 250}`,
      port: 8888,
    }));
    return [...made, NOW];
  });
  const tried: string[] = [];
  for (let dial = 0; dial < 60; dial += 1) {
    tried.push(candidates.next(unit).host);
    candidates.failed(unit);
  }
  const gaps = tried.flatMap((host, at) => (host === NOW.host ? [at] : []));
  expect(gaps[0]).toBeLessThan(14);
  expect(gaps.length).toBeGreaterThan(3);
});
