import { expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { openStore } from '../store/store.ts';
import { addUnit } from './add-unit.ts';

const address = { host: '192.0.2.7', port: 8888 };
const unit = { hardwareId: 'lamp-1', name: 'Lamp', address, key: new Uint8Array(32).fill(3) };

function build() {
  const store = openStore({ path: ':memory:' });
  atTestEnd.add(() => store.close());
  const assign = (hardwareId: string | null, host = address.host) => {
    const unitId = newId(UnitId);
    const one = { unitId, name: 'Hub', address: { host, port: 8888 }, hardwareId };
    store.units.changeByHub([{ ...one, link: 'frames' }], []);
    return unitId;
  };
  const add = (change: Partial<typeof unit> = {}) =>
    store.commit(() => addUnit({ ...unit, ...change }, store));
  return { store, assign, add };
}

it('keeps a new unit with its key', () => {
  const { store, add } = build();
  const unitId = add();
  expect(store.units.find(unitId)).toMatchObject({
    origin: 'added',
    name: 'Lamp',
    address,
    hardwareId: 'lamp-1',
  });
  expect(store.units.protection(unitId)).toMatchObject({ kind: 'encrypted' });
});

it('gives the key to a unit of the dashboard that was never reached at this address', () => {
  const { store, assign, add } = build();
  const unitId = assign(null);
  expect(add()).toBe(unitId);
  expect(store.units.find(unitId)).toMatchObject({ origin: 'hub', hardwareId: 'lamp-1' });
  expect(store.units.protection(unitId).kind).toBe('encrypted');
});

it('knows a unit again by its hardware, and leaves to the hub where it is', () => {
  const { store, assign, add } = build();
  const unitId = assign('lamp-1', '192.0.2.99');
  expect(add()).toBe(unitId);
  expect(store.units.find(unitId)?.address.host).toBe('192.0.2.99');
});

it('moves a unit that was added here and that the hub has not yet', () => {
  const { store, add } = build();
  const unitId = add();
  expect(add({ address: { host: '192.0.2.8', port: 8888 }, name: 'Other' })).toBe(unitId);
  expect(store.units.find(unitId)).toMatchObject({
    name: 'Lamp',
    address: { host: '192.0.2.8' },
    hardwareId: 'lamp-1',
  });
});

it('refuses the address of another unit', () => {
  const { store, assign, add } = build();
  assign('lamp-2');
  expect(() => add()).toThrow(expect.objectContaining({ code: 'unit_address_taken' }));
  expect(store.units.all()).toHaveLength(1);
});

it('is the hub’s once the hub has it, with the key it has', () => {
  const { store, add } = build();
  const unitId = add();
  const said = { unitId, name: 'Desk', address, link: 'frames' as const, hardwareId: null };
  store.units.replaceByHub([said]);
  expect(store.units.find(unitId)).toMatchObject({ origin: 'hub', hardwareId: 'lamp-1' });
  expect(store.units.protection(unitId).kind).toBe('encrypted');
  store.units.replaceByHub([]);
  expect(store.units.all()).toEqual([]);
});
