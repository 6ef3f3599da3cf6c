import { expect, it } from 'vitest';
import { nodeCrypto } from '../drivers/framed/node-crypto.ts';
import { fixtureAddress, UnitFixture } from '../testing/unit-fixture.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { virtualUnit } from '../../test/harness/virtual-units.ts';

const elsewhere = { host: '192.0.2.9', port: 8888 };
const key = new Uint8Array(32).fill(7);

/** A unit with a key at another address than the one that is known. */
function moved({ unitKey = key, hardwareId = 'real' } = {}) {
  const fixture = new UnitFixture();
  fixture.protection = { kind: 'encrypted', key };
  const encryption = { key: unitKey, crypto: nodeCrypto };
  const { clock } = fixture;
  const unit = virtualUnit({ kind: 'lamp', clock, hardwareId, encryption }, atTestEnd);
  fixture.transport.put(elsewhere, unit);
  return fixture;
}

it('is followed to where it announces itself', async () => {
  const fixture = moved();
  const unit = await fixture.started(fixture.unitOf('real'));
  expect(fixture.states().at(-1)).toEqual(['lost', 'unit_unreachable']);
  fixture.discovered = [elsewhere];
  await fixture.pass(5_000);
  expect(fixture.states().at(-1)?.[0]).toBe('ready');
  expect(fixture.moves).toEqual([elsewhere]);
  expect(unit.stored.address).toEqual(elsewhere);
  // The hub says the new address: nothing to do.
  const { dials } = fixture;
  unit.update({ ...unit.stored, address: elsewhere });
  await fixture.settle();
  expect(fixture.dials).toBe(dials);
});

it('is not accepted from a device without its key', async () => {
  const fixture = moved({ unitKey: new Uint8Array(32).fill(8) });
  fixture.discovered = [elsewhere];
  const unit = await fixture.started(fixture.unitOf('real'));
  await fixture.pass(20_000);
  expect(unit.isConnected).toBe(false);
  expect(fixture.moves).toEqual([]);
});

it('is not another unit that has the same key', async () => {
  const fixture = moved({ hardwareId: 'other' });
  fixture.discovered = [elsewhere];
  await fixture.started(fixture.unitOf('real'));
  await fixture.pass(20_000);
  expect(fixture.states().at(-1)?.[1]).toMatch(/^unit_(wrong|unreachable)$/);
  expect(fixture.moves).toEqual([]);
});

it('is first looked for where it was said to be', async () => {
  const fixture = moved();
  fixture.put({}, 'lamp');
  fixture.protection = { kind: 'plain' };
  fixture.discovered = [elsewhere];
  await fixture.started(fixture.unitOf('real'));
  expect(fixture.moves).toEqual([]);
  expect(fixture.dials).toBe(1);
  expect(fixture.states().at(-1)?.[0]).toBe('ready');
  expect(fixtureAddress).not.toEqual(elsewhere);
});

it('is found again at its own address soon, whatever is announced of it', async () => {
  const fixture = new UnitFixture();
  fixture.protection = { kind: 'encrypted', key };
  const encryption = { key, crypto: nodeCrypto };
  const { clock } = fixture;
  const unit = virtualUnit({ kind: 'lamp', clock, hardwareId: 'real', encryption }, atTestEnd);
  fixture.discovered = Array.from({ length: 200 }, (_, last) => ({
    host: `198.51.100.${last + 1}`,
    port: 8888,
  }));
  await fixture.started(fixture.unitOf('real'));
  await fixture.pass(1_000);
  // It was away for a second.
  fixture.transport.put(fixtureAddress, unit);
  await fixture.pass(30_000);
  // A lamp is left alone again once it was seen to be there.
  expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
  expect(fixture.moves).toEqual([]);
});

it('is found where it announces itself among many who say they are it', async () => {
  const fixture = moved();
  const others = Array.from({ length: 20 }, (_, last) => ({
    host: `198.51.100.${last + 1}`,
    port: 8888,
  }));
  fixture.discovered = [...others, elsewhere];
  const unit = await fixture.started(fixture.unitOf('real'));
  await fixture.pass(15 * 60_000, 1_000);
  expect(unit.stored.address).toEqual(elsewhere);
});
