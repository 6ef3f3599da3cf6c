import { expect, it } from 'vitest';
import { BaseId, newId, UnitId } from '#protocol/ids.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { manualClock, virtualUnit } from '../../test/harness/virtual-units.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { issued, testLog } from '../testing/test-base.ts';
import { Semaphore, type SemaphoreBounds } from '#platform/sharing/semaphore.ts';
import { MemoryTransport } from '../testing/memory-transport.ts';
import { nodeCrypto } from '../drivers/framed/node-crypto.ts';
import { UnitRegistry } from './unit-registry.ts';
import type { UnitProtection } from '../store/unit-protection.ts';

const address = { host: 'unit.test', port: 8888 };
const unitAt = (where: typeof address): StoredUnit => ({
  unitId: newId(UnitId),
  origin: 'hub',
  name: 'Unit',
  address: where,
  link: 'frames',
  hardwareId: null,
  lastReported: null,
  update: null,
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) await Promise.resolve();
}

interface FixtureOptions {
  readonly random?: () => number;
  /** By port; who has none is spoken to in plain. */
  readonly keys?: ReadonlyMap<number, Uint8Array>;
  /** Of dials, and of handshakes. */
  readonly permits?: SemaphoreBounds;
}

/** A directory, and a count of the connections that its sessions have at once. */
function build({
  random = () => 0,
  keys = new Map(),
  permits = { permits: 8, maxQueued: 100 },
}: FixtureOptions = {}) {
  const clock = manualClock();
  const memory = new MemoryTransport();
  const onRequest = ({ body }: { body: { case?: string | undefined } }) => body.case === 'write';
  memory.put(address, virtualUnit({ kind: 'light_sensor', clock }, atTestEnd));
  const lamp = virtualUnit({ kind: 'lamp', clock, tampering: { onRequest } }, atTestEnd);
  memory.put({ ...address, port: 1 }, lamp);
  const open = new Map<number, number>();
  const max = new Map<number, number>();
  const fixture: { list: StoredUnit[]; max: typeof max; protection: UnitProtection } = {
    list: [],
    max,
    protection: { kind: 'plain' },
  };
  const registry = new UnitRegistry({
    clock,
    log: testLog,
    random,
    crypto: nodeCrypto,
    protectionOf: ({ address: { port } }) => {
      const key = keys.get(port);
      return key ? { kind: 'encrypted', key } : fixture.protection;
    },
    baseId: newId(BaseId),
    hubNowMs: clock.nowMs,
    sensorIntervalMs: 1_000,
    clockQuality: () => 'synced',
    sampleMark: () => undefined,
    permits: {
      dial: new Semaphore(permits),
      handshake: new Semaphore(permits),
    },
    descriptions: { find: () => undefined, put: () => undefined },
    transport: {
      dial: async (where, events) => {
        const { port } = where;
        const count = (change: number) => open.set(port, (open.get(port) ?? 0) + change);
        const link = await memory.dial(where, {
          data: events.data,
          closed: () => {
            count(-1);
            events.closed();
          },
        });
        count(1);
        max.set(port, Math.max(max.get(port) ?? 0, open.get(port) ?? 0));
        return link;
      },
    },
    units: {
      all: () => fixture.list,
      replaceByHub: () => undefined,
      changeByHub: () => undefined,
      putFromConfig: () => undefined,
      remove: () => undefined,
    },
    events: {
      presence: () => undefined,
      described: () => undefined,
      moved: () => undefined,
      readings: () => undefined,
      missed: () => undefined,
      happened: () => undefined,
    },
  });
  atTestEnd.add(async () => {
    const closed = registry.close();
    clock.advance(2_000);
    await closed;
  });
  const serve = async (...units: StoredUnit[]) => {
    fixture.list = units;
    registry.refresh();
    clock.advance(0);
    await settle();
  };
  return { clock, registry, memory, serve, max, fixture };
}

const connectedOf = (registry: UnitRegistry) =>
  registry.status().map(({ isConnected }) => isConnected);

it('starts the next session of an address when the one before has left', async () => {
  const { clock, registry, serve, max } = build();
  const lampAddress = { ...address, port: 1 };
  const first = unitAt(lampAddress);
  await serve(first);
  const command = issued({ unitId: first.unitId });
  registry.submit({
    command,
    owner: { sending: () => undefined, written: () => undefined, finished: () => undefined },
    expiresAtMs: undefined,
    trace: [],
    attempts: 0,
    mayHaveRun: false,
    end: undefined,
  });
  await settle();
  // The command under way is waited for, and the address kept as long.
  await serve(unitAt(lampAddress));
  expect(connectedOf(registry)).toEqual([false]);
  clock.advance(2_000);
  await settle();
  expect(connectedOf(registry)).toEqual([true]);
  expect(max.get(1)).toBe(1);
});

it('gives an address from one unit to another without two connections to it', async () => {
  const { clock, registry, serve, max } = build();
  const [mover, heir] = [unitAt(address), unitAt(address)];
  await serve(mover);
  await serve({ ...mover, address: { ...address, port: 1 } }, heir);
  clock.advance(1_000);
  await settle();
  expect(registry.status()).toHaveLength(2);
  expect(max.get(address.port)).toBe(1);
});

it('retries a unit for which the queue had no room, and dials no more than it may', async () => {
  const { clock, registry, memory, serve, max } = build({ permits: { permits: 2, maxQueued: 3 } });
  const units = Array.from({ length: 8 }, (_, index) => unitAt({ ...address, port: 200 + index }));
  for (const unit of units) {
    const hardwareId = `lamp-${unit.address.port}`;
    memory.put(unit.address, virtualUnit({ kind: 'lamp', clock, hardwareId }, atTestEnd));
  }
  await serve(...units);
  const codes = registry.status().map(({ presence }) => presence.code);
  expect(codes.filter((code) => code === 'overloaded')).toHaveLength(3);
  for (let second = 0; second < 20; second += 1) {
    clock.advance(1_000);
    await settle();
  }
  const states = registry.status().map(({ presence }) => presence.state);
  expect(states).toEqual(units.map(() => 'ready'));
  expect([...max.values()]).toEqual(units.map(() => 1));
});

it('connects at once to line sensors, among any number of units', async () => {
  const { serve, max } = build({ random: () => 0.9 });
  const others = Array.from({ length: 20 }, (_, index) =>
    unitAt({ ...address, port: 100 + index }),
  );
  await serve(...others, { ...unitAt({ ...address, port: 1 }), link: 'line-sensor' });
  expect([...max.keys()]).toEqual([1]);
});

it.each([
  [8, 0],
  [9, 270],
  [14, 420],
  [1_100, 30_000],
])('dials each of %i units within %i ms of a start', async (count, withinMs) => {
  const { clock, registry, serve } = build({ random: () => 1 - Number.EPSILON });
  const unitAtPort = (port: number) => unitAt({ host: 'nobody.test', port });
  const waiting = () =>
    registry.status().filter(({ presence }) => presence.state === 'init').length;
  await serve(...Array.from({ length: count }, (_, index) => unitAtPort(index + 1)));
  if (withinMs > 0) {
    clock.advance(withinMs - 1);
    await settle();
    expect(waiting()).toBe(count);
    clock.advance(1);
  }
  for (let turn = 0; turn < 50 && waiting() > 0; turn += 1) await settle();
  expect(waiting()).toBe(0);
});

it('connects at once to a unit that was given the key, or the word, that it lacked', async () => {
  const { registry, serve, fixture } = build();
  fixture.protection = { kind: 'unknown' };
  await serve(unitAt(address));
  expect(registry.status()[0]?.presence).toMatchObject({ code: 'unit_key_missing' });
  fixture.protection = { kind: 'plain' };
  registry.reloadUnits();
  await settle();
  expect(connectedOf(registry)).toEqual([true]);
});

it.each([
  ['with a key of its own', new Uint8Array(32).fill(2)],
  ['without a key', undefined],
])('lets no unit %s claim the identity of another that authenticated', async (_name, falseKey) => {
  const key = new Uint8Array(32).fill(1);
  const [impostor, rightful] = [2, 3].map((port) => unitAt({ ...address, port }));
  if (!impostor || !rightful) throw new Error('two units');
  const keys = new Map([[3, key], ...(falseKey ? [[2, falseKey] as const] : [])]);
  const { clock, registry, memory, serve } = build({ keys });
  const put = (port: number, own: Uint8Array | undefined) => {
    const encryption = own ? { key: own, crypto: nodeCrypto } : undefined;
    const hardwareId = 'lamp-1';
    const unit = virtualUnit(
      { kind: 'light_sensor', clock, hardwareId, ...(encryption ? { encryption } : {}) },
      atTestEnd,
    );
    memory.put({ ...address, port }, unit);
    return unit;
  };
  const lying = put(2, falseKey);
  put(3, key);
  await serve(impostor);
  await until('the impostor is there', () => connectedOf(registry)[0] ?? false);
  expect(registry.status()).toMatchObject([{ hardwareId: 'lamp-1' }]);
  // As the store has learnt it.
  await serve({ ...impostor, hardwareId: 'lamp-1' }, rightful);
  await until('the rightful one is there', () => connectedOf(registry)[1] ?? false);
  const of = ({ unitId }: StoredUnit) =>
    registry.status().find((status) => status.unitId === unitId);
  expect(of(rightful)).toMatchObject({
    isConnected: true,
    presence: { state: 'ready', code: 'unit_identity_conflict' },
  });
  // Next time the impostor meets an authenticated unit: an unencrypted one proves nothing, an encrypted one is reported too.
  lying.close();
  put(2, falseKey);
  for (let second = 0; second < 120; second += 1) {
    clock.advance(1_000);
    await settle();
  }
  const code = falseKey ? 'unit_identity_conflict' : 'unit_wrong';
  expect(of(impostor)?.presence).toMatchObject({ code });
  expect(of(rightful)?.isConnected).toBe(true);
});

it('treats two units with one key and one hardware id as one board', async () => {
  const key = new Uint8Array(32).fill(1);
  const keys = new Map([2, 3].map((port) => [port, key] as const));
  const { clock, registry, memory, serve } = build({ keys });
  const encryption = { key, crypto: nodeCrypto };
  for (const port of [2, 3]) {
    const unit = virtualUnit(
      { kind: 'light_sensor', clock, hardwareId: 'lamp-1', encryption },
      atTestEnd,
    );
    memory.put({ ...address, port }, unit);
  }
  const [first, second] = [2, 3].map((port) => unitAt({ ...address, port }));
  if (!first || !second) throw new Error('two units');
  await serve(first);
  await until('the first is there', () => connectedOf(registry)[0] ?? false);
  await serve({ ...first, hardwareId: 'lamp-1' }, second);
  const codes = () => registry.status().map(({ presence }) => presence.code);
  await until('the second is looked at', () => codes()[1] !== undefined);
  expect(codes()).toEqual([undefined, 'unit_wrong']);
});
