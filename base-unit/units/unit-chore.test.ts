import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type { ConnectedUnit } from '../drivers/port/unit-driver.ts';
import { create } from '@bufbuild/protobuf';
import { beforeEach, expect, it } from 'vitest';
import { UnitPartySchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { Tampering } from '../../test/harness/virtual-units.ts';
import { UnitScene } from '../testing/unit-scene.ts';

/** Work whose steps the test ends. */
class TestChore {
  dueAtMs = 0;
  steps = 0;
  connected: ConnectedUnit | undefined;
  #end: (() => void) | undefined;

  step = (connected: ConnectedUnit): Promise<void> => {
    this.steps += 1;
    this.connected = connected;
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  };

  end(): void {
    this.#end?.();
    this.#end = undefined;
  }
}

let scene: UnitScene;
let chore: TestChore;
let greeted: UnitIdentity[];

beforeEach(() => {
  scene = new UnitScene();
  chore = new TestChore();
  greeted = [];
  scene.chores = {
    greeted: (_unitId, party) => greeted.push(party),
    of: () => chore,
    removed: () => undefined,
  };
});

const inSafeMode: Tampering = {
  onSend: ({ requestId, body }, link) => {
    if (body.case !== 'hello' || body.value.party?.case !== 'unit') return false;
    const value = create(UnitPartySchema, { ...body.value.party.value, safeMode: true });
    link.send(requestId, {
      case: 'hello',
      value: { ...body.value, party: { case: 'unit', value } },
    });
    return true;
  },
};

it('is done one step at a time, and a command goes before the next step', async () => {
  scene.put();
  const session = await scene.started(scene.sessionOf());
  expect(greeted).toHaveLength(1);
  expect(chore.steps).toBe(1);
  session.submit(scene.task());
  await scene.settle();
  expect(scene.requestsOf('write')).toEqual([]);
  chore.end();
  await scene.settle();
  expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  scene.clock.advance(0);
  await scene.settle();
  expect(chore.steps).toBe(2);
  chore.dueAtMs = Infinity;
  chore.end();
});

it('leaves the timers their turn between two steps, however soon each is done', async () => {
  scene.put();
  chore.step = () => {
    chore.steps += 1;
    return Promise.resolve();
  };
  const session = await scene.started(scene.sessionOf());
  expect(chore.steps).toBe(1);
  await scene.settle();
  expect(chore.steps).toBe(1);
  session.submit(scene.task());
  await scene.settle();
  expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  chore.dueAtMs = Infinity;
});

it('comes back by itself when its rest is over, on a new connection if need be', async () => {
  scene.put();
  chore.dueAtMs = Infinity;
  const session = await scene.started(scene.sessionOf());
  await scene.pass(15_000);
  expect(session.isConnected).toBe(false);
  expect(chore.steps).toBe(0);
  chore.dueAtMs = scene.clock.monotonicMs() + 5_000;
  session.nudge();
  await scene.settle();
  expect(chore.steps).toBe(0);
  await scene.pass(5_500);
  expect(chore.steps).toBe(1);
  expect(session.isConnected).toBe(true);
  chore.dueAtMs = Infinity;
  chore.end();
});

it('ends the connection when it fails, and not the session', async () => {
  scene.put();
  chore.step = () => {
    chore.steps += 1;
    chore.dueAtMs = Infinity;
    return Promise.reject(new Error('out of order'));
  };
  const session = await scene.started(scene.sessionOf());
  await scene.settle();
  expect(chore.steps).toBe(1);
  await scene.pass(40_000);
  session.submit(scene.task());
  await scene.pass(5_000);
  expect(scene.ended.at(-1)).toMatchObject({ end: { outcome: 'succeeded' } });
});

it('is all that is done with a unit in safe mode, which counts as lost', async () => {
  const unit = scene.put(inSafeMode);
  const session = await scene.started(scene.sessionOf());
  expect(scene.states()).toEqual([['lost', 'unit_safe_mode']]);
  expect(scene.described).toEqual([]);
  expect(greeted).toMatchObject([{ safeMode: true }]);
  expect(chore.steps).toBe(1);
  session.submit(scene.task({ verb: 'set' }, null));
  chore.dueAtMs = Infinity;
  chore.end();
  await scene.pass(5_000);
  for (const name of ['write', 'describe', 'subscribe', 'resume'] as const) {
    expect(scene.requestsOf(name), name).toEqual([]);
  }
  // Restarted with a firmware that works, it gets what waited.
  unit.close();
  scene.put();
  await scene.pass(90_000);
  expect(scene.states().at(-1)).toEqual(['ready', undefined]);
  expect(scene.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
});

it('lets an invoke fail that a unit in safe mode cannot do', async () => {
  scene.put(inSafeMode);
  chore.dueAtMs = Infinity;
  const session = scene.sessionOf();
  session.submit(scene.task());
  await scene.started(session);
  expect(scene.ended).toMatchObject([{ end: { outcome: 'failed', code: 'unit_safe_mode' } }]);
});
