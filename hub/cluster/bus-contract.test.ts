import { pino } from 'pino';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { until } from '#platform/testing/until.ts';
import { CommandId, Epoch, newId, SiteId } from '#protocol/ids.ts';
import { temporaryDatabase } from '../testing/test-database.ts';
import { BLIND_AFTER_MS, MAX_WAITING, type Bus } from './bus.ts';
import type { Hint } from './hint.ts';
import { MemoryBus, MemoryExchange } from '../testing/memory-bus.ts';
import { ConnectedBus } from './connected-bus.ts';
import { notifyTransport } from './notify-transport.ts';
import { redisTransport } from './redis-transport.ts';
import { isRedisInstalled, RedisServer } from '../testing/redis-server.ts';

type MakeBus = (from: string) => Bus;

const log = pino({ level: 'silent' });
const clock = systemClock;

const BUSES: readonly (readonly [string, () => Promise<MakeBus>])[] = [
  [
    'memory',
    () => {
      const exchange = new MemoryExchange();
      return Promise.resolve((from) => new MemoryBus({ exchange, from, clock }));
    },
  ],
  ...(inject('postgresUrl') === ''
    ? []
    : ([
        [
          'NOTIFY',
          async () => {
            const url = await temporaryDatabase(onTestFinished);
            const transport = notifyTransport(url, 'here');
            return (from: string) => new ConnectedBus({ transport, from, clock, log });
          },
        ],
      ] as const)),
  ...(isRedisInstalled()
    ? ([
        [
          'Redis',
          async () => {
            const server = await RedisServer.create();
            onTestFinished(() => server.remove());
            const transport = redisTransport(server.url);
            return (from: string) => new ConnectedBus({ transport, from, clock, log });
          },
        ],
      ] as const)
    : []),
];

/** What a bus has heard, in order. */
async function join(make: MakeBus, from: string) {
  const bus = make(from);
  const heard: Hint[] = [];
  let missed = 0;
  bus.listen({ heard: (hints) => heard.push(...hints), missed: () => void (missed += 1) });
  await bus.start('secret');
  onTestFinished(() => bus.close());
  await until('it hears itself', () => bus.silenceMs(from) < BLIND_AFTER_MS);
  return { bus, heard, missed: () => missed };
}

const ended = (): Hint => ({ kind: 'ended', command: newId(CommandId) });

describe.each(BUSES)('the bus by %s', (_name, arrange) => {
  it('carries hints to all others in order, and none back', async () => {
    const make = await arrange();
    const [one, two, three] = [await join(make, 'a'), await join(make, 'b'), await join(make, 'c')];
    const hints = Array.from({ length: 300 }, ended);
    for (const hint of hints) one.bus.publish([hint]);
    await until('all came', () => two.heard.length === 300 && three.heard.length === 300);
    expect(two.heard).toEqual(hints);
    expect(three.heard).toEqual(hints);
    expect(one.heard).toEqual([]);
  });

  it('hints at a site once, where several commits come together', async () => {
    const make = await arrange();
    const [one, two] = [await join(make, 'a'), await join(make, 'b')];
    const site = newId(SiteId);
    const epoch = newId(Epoch);
    one.bus.publish(
      [1, 2, 3].map((rev) => ({ kind: 'site', site, events: { epoch, from: rev, rev } }) as const),
    );
    await until('it came', () => two.heard.length > 0);
    expect(two.heard).toEqual([{ kind: 'site', site, events: { epoch, from: 1, rev: 3 } }]);
  });

  it('knows how long ago each was heard', async () => {
    const make = await arrange();
    const [one, two] = [await join(make, 'a'), await join(make, 'b')];
    await until('heard', () => two.bus.silenceMs('a') < BLIND_AFTER_MS);
    expect(one.bus.silenceMs('c')).toBe(Infinity);
  });

  it('loses what no message has room for, and says how much', async () => {
    const make = await arrange();
    const [one, two] = [await join(make, 'a'), await join(make, 'b')];
    await until('it is heard', () => two.bus.silenceMs('a') < BLIND_AFTER_MS);
    const huge = { kind: 'dirty', consumer: 'x'.repeat(8_000) } as const;
    const after = ended();
    one.bus.publish([huge, after]);
    await until('the next came', () => two.heard.length > 0);
    expect(two.heard).toEqual([after]);
    expect(one.bus.lost()).toBe(1);
    expect(two.missed()).toBe(1);
    one.bus.publish(Array.from({ length: MAX_WAITING + 3 }, ended));
    expect(one.bus.lost()).toBe(4);
    await until('the others came', () => two.heard.length === MAX_WAITING + 1);
  });

  it('hears nothing more once it is closed, and says nothing', async () => {
    const make = await arrange();
    const [one, two] = [await join(make, 'a'), await join(make, 'b')];
    const last = ended();
    one.bus.publish([last]);
    await one.bus.close();
    one.bus.publish([ended()]);
    await until('the last came', () => two.heard.length === 1);
    two.bus.publish([ended()]);
    const three = await join(make, 'c');
    two.bus.publish([last]);
    await until('the third hears', () => three.heard.length > 0);
    expect(one.heard).toEqual([]);
    expect(two.heard).toEqual([last]);
  });
});
