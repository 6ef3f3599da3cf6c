import { expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { DEFAULT_SOCKET_TIMES } from '../../edges/channels/socket-times.ts';
import { pairBase } from '../../testing/fake-base.ts';
import { startLampSite } from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { joinAndFallSilent } from '../../testing/silent-base.ts';
import { signUpOwner, snapshotOf, startTestHub } from '../../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';

it('finds a silent base within 30 s', () => {
  const { pingIntervalMs, pingTimeoutMs } = DEFAULT_SOCKET_TIMES;
  expect(pingIntervalMs + pingTimeoutMs + LIMITS.presenceDebounceMs).toBeLessThan(30_000);
});

it('finds a base that neither closes its connection nor answers on it', async () => {
  const clock = new ManualClock(Date.now());
  const hub = await startTestHub({
    clock,
    socketTimes: { pingIntervalMs: 300, pingTimeoutMs: 300 },
  });
  const owner = await signUpOwner(hub);
  await joinAndFallSilent(hub, await pairBase(hub, owner));
  const state = async () => (await snapshotOf(owner)).bases[0]?.presence.state;
  expect(await state()).toBe('online');
  await until('offline', async () => {
    clock.advance(LIMITS.presenceDebounceMs);
    return (await state()) === 'offline' ? true : undefined;
  });
});

it('distinguishes a lost unit from one whose base is away', async () => {
  const clock = new ManualClock(Date.now());
  const site = await startLampSite({ clock });
  const presences = async () => {
    const { bases, units } = await snapshotOf(site.owner);
    return { base: bases[0]?.presence.state, unit: units[0]?.presence.state };
  };
  const reported = (state: 'ready' | 'lost') =>
    site.base.send({
      type: 'unit.presence',
      data: { unitId: site.unitId, state, atMs: clock.nowMs(), lastContactAtMs: clock.nowMs() },
    });
  await reported('ready');
  expect(await presences()).toEqual({ base: 'online', unit: 'ready' });
  await reported('lost');
  expect(await presences()).toEqual({ base: 'online', unit: 'lost' });
  await reported('ready');
  site.base.disconnect();
  const last = await until('the base is held for offline', async () => {
    clock.advance(LIMITS.presenceDebounceMs);
    const now = await presences();
    return now.base === 'offline' ? now : undefined;
  });
  // What its base said last of it: nobody knows more.
  expect(last).toEqual({ base: 'offline', unit: 'ready' });
});
