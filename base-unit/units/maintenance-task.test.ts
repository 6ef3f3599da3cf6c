import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type { UnitSession } from '../drivers/port/unit-driver.ts';
import { create } from '@bufbuild/protobuf';
import { beforeEach, expect, it } from 'vitest';
import { UnitHelloSchema } from '#protocol/unit-link/unit_link_pb.ts';
import type { Tampering } from '../../test/harness/virtual-units.ts';
import { UnitFixture } from '../testing/unit-fixture.ts';

/** Work whose steps the test ends. */
class TestMaintenance {
  dueAtMs = 0;
  steps = 0;
  session: UnitSession | undefined;
  #end: (() => void) | undefined;

  step = (session: UnitSession): Promise<void> => {
    this.steps += 1;
    this.session = session;
    return new Promise((resolve) => {
      this.#end = resolve;
    });
  };

  end(): void {
    this.#end?.();
    this.#end = undefined;
  }
}

let fixture: UnitFixture;
let maintenance: TestMaintenance;
let connected: UnitIdentity[];

beforeEach(() => {
  fixture = new UnitFixture();
  maintenance = new TestMaintenance();
  connected = [];
  fixture.maintenance = {
    connected: (_unitId, identity) => connected.push(identity),
    of: () => maintenance,
    removed: () => undefined,
  };
});

const inSafeMode: Tampering = {
  onSend: ({ requestId, body }, link) => {
    if (body.case !== 'hello' || body.value.identity?.case !== 'unit') return false;
    const value = create(UnitHelloSchema, { ...body.value.identity.value, safeMode: true });
    link.send(requestId, {
      case: 'hello',
      value: { ...body.value, identity: { case: 'unit', value } },
    });
    return true;
  },
};

it('is done one step at a time, and a command goes before the next step', async () => {
  fixture.put();
  const unit = await fixture.started(fixture.unitOf());
  expect(connected).toHaveLength(1);
  expect(maintenance.steps).toBe(1);
  unit.submit(fixture.task());
  await fixture.settle();
  expect(fixture.requestsOf('write')).toEqual([]);
  maintenance.end();
  await fixture.settle();
  expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  fixture.clock.advance(0);
  await fixture.settle();
  expect(maintenance.steps).toBe(2);
  maintenance.dueAtMs = Infinity;
  maintenance.end();
});

it('leaves the timers their turn between two steps, however soon each is done', async () => {
  fixture.put();
  maintenance.step = () => {
    maintenance.steps += 1;
    return Promise.resolve();
  };
  const unit = await fixture.started(fixture.unitOf());
  expect(maintenance.steps).toBe(1);
  await fixture.settle();
  expect(maintenance.steps).toBe(1);
  unit.submit(fixture.task());
  await fixture.settle();
  expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
  maintenance.dueAtMs = Infinity;
});

it('resumes after its backoff, on a new connection if necessary', async () => {
  fixture.put();
  maintenance.dueAtMs = Infinity;
  const unit = await fixture.started(fixture.unitOf());
  await fixture.pass(15_000);
  expect(unit.isConnected).toBe(false);
  expect(maintenance.steps).toBe(0);
  maintenance.dueAtMs = fixture.clock.monotonicMs() + 5_000;
  unit.nudge();
  await fixture.settle();
  expect(maintenance.steps).toBe(0);
  await fixture.pass(5_500);
  expect(maintenance.steps).toBe(1);
  expect(unit.isConnected).toBe(true);
  maintenance.dueAtMs = Infinity;
  maintenance.end();
});

it('ends the session when it fails, and not the unit', async () => {
  fixture.put();
  maintenance.step = () => {
    maintenance.steps += 1;
    maintenance.dueAtMs = Infinity;
    return Promise.reject(new Error('out of order'));
  };
  const unit = await fixture.started(fixture.unitOf());
  await fixture.settle();
  expect(maintenance.steps).toBe(1);
  await fixture.pass(40_000);
  unit.submit(fixture.task());
  await fixture.pass(5_000);
  expect(fixture.ended.at(-1)).toMatchObject({ end: { outcome: 'succeeded' } });
});

it('is all that is done with a unit in safe mode, which counts as lost', async () => {
  const virtual = fixture.put(inSafeMode);
  const unit = await fixture.started(fixture.unitOf());
  expect(fixture.states()).toEqual([['lost', 'unit_safe_mode']]);
  expect(fixture.described).toEqual([]);
  expect(connected).toMatchObject([{ safeMode: true }]);
  expect(maintenance.steps).toBe(1);
  unit.submit(fixture.task({ verb: 'set' }, null));
  maintenance.dueAtMs = Infinity;
  maintenance.end();
  await fixture.pass(5_000);
  for (const name of ['write', 'describe', 'subscribe', 'resume'] as const) {
    expect(fixture.requestsOf(name), name).toEqual([]);
  }
  // Restarted with a firmware that works, it gets what waited.
  virtual.close();
  fixture.put();
  await fixture.pass(90_000);
  expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
  expect(fixture.ended).toMatchObject([{ end: { outcome: 'succeeded' } }]);
});

it('lets an invoke fail that a unit in safe mode cannot do', async () => {
  fixture.put(inSafeMode);
  maintenance.dueAtMs = Infinity;
  const unit = fixture.unitOf();
  unit.submit(fixture.task());
  await fixture.started(unit);
  expect(fixture.ended).toMatchObject([{ end: { outcome: 'failed', code: 'unit_safe_mode' } }]);
});
