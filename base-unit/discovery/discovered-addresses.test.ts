import { expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import type { UnitProtection } from '../store/unit-protection.ts';
import { discoveredAddresses } from './discovered-addresses.ts';

const place = { host: '192.0.2.9', port: 8888 };
const unit: StoredUnit = {
  unitId: newId(UnitId),
  origin: 'hub',
  name: 'Lamp',
  address: { host: '192.0.2.7', port: 8888 },
  link: 'frames',
  hardwareId: 'lamp-1',
  lastReported: null,
  update: null,
};
const encrypted: UnitProtection = { kind: 'encrypted', key: new Uint8Array(32) };

const rows: readonly (readonly [string, Partial<StoredUnit>, UnitProtection, readonly object[]])[] =
  [
    ['a unit of the hub', {}, encrypted, [place]],
    ['a unit that was added at the base', { origin: 'added' }, encrypted, [place]],
    ['a unit of the configuration', { origin: 'config' }, encrypted, []],
    ['a unit that nobody has met', { hardwareId: null }, encrypted, []],
    ['a plain unit', {}, { kind: 'plain' }, []],
    ['a unit without a key', {}, { kind: 'unknown' }, []],
  ];

it.each(rows)('%s', (_what, change, protection, places) => {
  const queried: string[] = [];
  const found = discoveredAddresses(
    { ...unit, ...change },
    {
      protectionOf: () => protection,
      discovery: {
        addressesOf: (hardwareId) => {
          queried.push(hardwareId);
          return [place];
        },
      },
    },
  );
  expect(found).toEqual(places);
  // No query is sent for what would not be believed.
  expect(queried).toHaveLength(places.length);
});
