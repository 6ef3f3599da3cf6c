import { expect, it } from 'vitest';
import { nodeCrypto } from '../drivers/framed/node-crypto.ts';
import { sceneAddress, UnitScene } from '../testing/unit-scene.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { virtualUnit } from '../../test/harness/virtual-units.ts';

const elsewhere = { host: '192.0.2.9', port: 8888 };
const key = new Uint8Array(32).fill(7);

/** A unit with a key at another address than the one that is known. */
function moved({ unitKey = key, hardwareId = 'real' } = {}) {
  const scene = new UnitScene();
  scene.protection = { kind: 'encrypted', key };
  const encryption = { key: unitKey, crypto: nodeCrypto };
  const { clock } = scene;
  const unit = virtualUnit({ kind: 'lamp', clock, hardwareId, encryption }, atTestEnd);
  scene.transport.put(elsewhere, unit);
  return scene;
}

it('is followed to where it announces itself', async () => {
  const scene = moved();
  const session = await scene.started(scene.sessionOf('real'));
  expect(scene.states().at(-1)).toEqual(['lost', 'unit_unreachable']);
  scene.discovered = [elsewhere];
  await scene.pass(5_000);
  expect(scene.states().at(-1)?.[0]).toBe('ready');
  expect(scene.moves).toEqual([elsewhere]);
  expect(session.unit.address).toEqual(elsewhere);
  // The hub says the new address: nothing to do.
  const { dials } = scene;
  session.update({ ...session.unit, address: elsewhere });
  await scene.settle();
  expect(scene.dials).toBe(dials);
});

it('is not taken from somebody who has not its key', async () => {
  const scene = moved({ unitKey: new Uint8Array(32).fill(8) });
  scene.discovered = [elsewhere];
  const session = await scene.started(scene.sessionOf('real'));
  await scene.pass(20_000);
  expect(session.isConnected).toBe(false);
  expect(scene.moves).toEqual([]);
});

it('is not another unit that has the same key', async () => {
  const scene = moved({ hardwareId: 'other' });
  scene.discovered = [elsewhere];
  await scene.started(scene.sessionOf('real'));
  await scene.pass(20_000);
  expect(scene.states().at(-1)?.[1]).toMatch(/^unit_(wrong|unreachable)$/);
  expect(scene.moves).toEqual([]);
});

it('is first looked for where it was said to be', async () => {
  const scene = moved();
  scene.put({}, 'lamp');
  scene.protection = { kind: 'plain' };
  scene.discovered = [elsewhere];
  await scene.started(scene.sessionOf('real'));
  expect(scene.moves).toEqual([]);
  expect(scene.dials).toBe(1);
  expect(scene.states().at(-1)?.[0]).toBe('ready');
  expect(sceneAddress).not.toEqual(elsewhere);
});

it('is found again at its own address soon, whatever is announced of it', async () => {
  const scene = new UnitScene();
  scene.protection = { kind: 'encrypted', key };
  const encryption = { key, crypto: nodeCrypto };
  const { clock } = scene;
  const unit = virtualUnit({ kind: 'lamp', clock, hardwareId: 'real', encryption }, atTestEnd);
  scene.discovered = Array.from({ length: 200 }, (_, last) => ({
    host: `198.51.100.${last + 1}`,
    port: 8888,
  }));
  await scene.started(scene.sessionOf('real'));
  await scene.pass(1_000);
  // It was away for a second.
  scene.transport.put(sceneAddress, unit);
  await scene.pass(30_000);
  // A lamp is left alone again once it was seen to be there.
  expect(scene.states().at(-1)).toEqual(['ready', undefined]);
  expect(scene.moves).toEqual([]);
});

it('is found where it announces itself among many who say they are it', async () => {
  const scene = moved();
  const others = Array.from({ length: 20 }, (_, last) => ({
    host: `198.51.100.${last + 1}`,
    port: 8888,
  }));
  scene.discovered = [...others, elsewhere];
  const session = await scene.started(scene.sessionOf('real'));
  await scene.pass(15 * 60_000, 1_000);
  expect(session.unit.address).toEqual(elsewhere);
});
