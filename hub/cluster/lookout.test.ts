import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { HubId, newId } from '#protocol/ids.ts';
import { BLIND_AFTER_MS } from './bus.ts';
import { Lookout } from './lookout.ts';

const TICK_MS = 500;

/** A lookout that has looked once, as at its start. */
async function startLookout() {
  const clock = new ManualClock(1_000_000);
  const [self, peer] = [newId(HubId), newId(HubId)];
  const silence = new Map<string, number>();
  const peers: HubId[] = [];
  const looks: (() => void)[] = [];
  let mustFail = false;
  const lookout = new Lookout({
    bus: { silenceMs: (hub) => silence.get(hub) ?? Infinity },
    lease: { id: self, peers },
    clock,
    log: pino({ level: 'silent' }),
    look: () =>
      new Promise((resolve, reject) => {
        looks.push(resolve);
        if (mustFail) reject(new Error('database away'));
      }),
  });
  lookout.start();
  onTestFinished(() => lookout.close());
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  /** @returns how often it has looked since. */
  const tick = async (count = 1): Promise<number> => {
    const before = looks.length;
    for (let index = 0; index < count; index += 1) {
      clock.advance(TICK_MS);
      looks.at(-1)?.();
      await turn();
    }
    return looks.length - before;
  };
  await tick();
  await until('it has looked', () => looks.length === 1);
  const failing = (does: boolean): void => void (mustFail = does);
  return { lookout, self, peer, silence, peers, tick, looks, failing };
}

it('looks once at its start and after each loss, and then no more', async () => {
  const { lookout, tick } = await startLookout();
  expect(await tick(10)).toBe(0);
  lookout.missed();
  lookout.missed();
  expect(await tick(10)).toBe(1);
  expect(lookout.isBlind).toBe(false);
});

it('looks again and again while a hub on record is not heard', async () => {
  const { lookout, self, peer, silence, peers, tick } = await startLookout();
  silence.set(self, 100);
  silence.set(peer, 100);
  peers.push(peer);
  expect(await tick(10)).toBe(0);
  silence.set(peer, BLIND_AFTER_MS + 1);
  expect(await tick(10)).toBe(10);
  expect(lookout.isBlind).toBe(true);
  silence.set(peer, 100);
  // Once more, for what came before it was heard again.
  expect(await tick(10)).toBe(1);
});

it('looks while it does not hear itself, unless it is alone', async () => {
  const { self, peer, silence, peers, tick } = await startLookout();
  silence.set(self, Infinity);
  expect(await tick(20)).toBe(0);
  peers.push(peer);
  silence.set(peer, 100);
  expect(await tick(5)).toBe(5);
});

it('gives a hub that has just begun a moment to be heard', async () => {
  const { self, peer, silence, peers, tick } = await startLookout();
  silence.set(self, 100);
  peers.push(peer);
  expect(await tick(BLIND_AFTER_MS / TICK_MS)).toBe(0);
  expect(await tick(2)).toBeGreaterThan(0);
});

it('looks again after a look that failed', async () => {
  const { lookout, tick, failing } = await startLookout();
  failing(true);
  lookout.missed();
  expect(await tick(3)).toBe(3);
  failing(false);
  expect(await tick(5)).toBe(1);
});
