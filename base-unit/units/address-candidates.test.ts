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

it('finds a unit that moved while the base was off at the second try, also when somebody waits', () => {
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

it('asks the network for nothing while a unit is where it was', () => {
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
