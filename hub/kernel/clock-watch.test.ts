import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CommandList } from '#protocol/http/commands.ts';
import { LIMITS } from '#protocol/limits.ts';
import { ClockWatch } from './clock-watch.ts';
import { COMMANDS_KEPT_MS } from '../domain/commands/command-pruner.ts';
import { ANSWER_GRACE_MS } from '../domain/commands/transition.ts';
import { finished, issue, startLampSite, traceOf } from '../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { PASSWORD, startTestHub } from '../testing/test-hub.ts';
import { openTestDatabase } from '../testing/test-store.ts';
import { until } from '#platform/testing/until.ts';

const HOUR_MS = 3_600_000;
const TWO_YEARS_MS = 730 * 86_400_000;
const LOOK_MS = 5_000;

describe('the watch over the clock', () => {
  function watched() {
    const clock = new ManualClock();
    const watch = new ClockWatch({ clock, log: pino({ level: 'silent' }) });
    const steps: number[] = [];
    watch.onStep((stepMs) => steps.push(stepMs));
    watch.start();
    return { clock, watch, steps };
  }

  it('reports each step within seconds, and none while the clock only runs', () => {
    const { clock, watch, steps } = watched();
    clock.advance(24 * HOUR_MS);
    expect(steps).toEqual([]);
    clock.set(clock.nowMs() + 2 * HOUR_MS);
    clock.advance(LOOK_MS);
    clock.set(clock.nowMs() - 2 * HOUR_MS);
    clock.advance(LOOK_MS);
    expect(steps).toEqual([2 * HOUR_MS, -2 * HOUR_MS]);
    watch.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('holds no age for certain until the clock has gone on for hours without a step', () => {
    const { clock, watch } = watched();
    expect(watch.areAgesCertain()).toBe(false);
    clock.advance(6 * HOUR_MS);
    expect(watch.areAgesCertain()).toBe(true);
    // At once, and not when the timer looks.
    clock.set(clock.nowMs() + TWO_YEARS_MS);
    expect(watch.areAgesCertain()).toBe(false);
    clock.set(clock.nowMs() - TWO_YEARS_MS);
    expect(watch.areAgesCertain()).toBe(false);
    clock.advance(5 * HOUR_MS);
    expect(watch.areAgesCertain()).toBe(false);
    clock.advance(HOUR_MS);
    expect(watch.areAgesCertain()).toBe(true);
  });
});

describe('a hub whose clock is set', () => {
  it('has a certificate that is good by the new time within seconds', async () => {
    const clock = new ManualClock(0);
    const hub = await startTestHub({ clock });
    const certificate = () =>
      new X509Certificate(readFileSync(join(hub.dataFolder, 'tls', 'server.pem')));
    const nowMs = Date.UTC(2026, 5, 1);
    clock.set(nowMs);
    expect(Date.parse(certificate().validTo)).toBeLessThan(nowMs);
    clock.advance(LOOK_MS);
    await until('renewed', () =>
      Date.parse(certificate().validTo) > nowMs ? certificate() : undefined,
    );
    expect(Date.parse(certificate().validFrom)).toBeLessThan(nowMs);
  });

  it('deletes no command and no session that only look old, ahead for a while', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    await site.base.send(finished(command.id));
    const db = await openTestDatabase(site.hub.dataFolder);
    onTestFinished(() => db.destroy());
    const sessions = async () => (await db.selectFrom('sessions').select('id').execute()).length;
    const before = await sessions();
    clock.set(clock.nowMs() + TWO_YEARS_MS);
    // Its commands are pruned each hour.
    clock.advance(HOUR_MS + 60_000);
    const body = { email: 'ada@example.org', password: PASSWORD };
    expect(await site.hub.client().done({ path: '/api/sign-in', body })).toBe(200);
    expect(await sessions()).toBe(before + 1);
    clock.set(clock.nowMs() - TWO_YEARS_MS);
    clock.advance(LOOK_MS);
    const { commands } = await site.owner.client.request(CommandList, {
      path: `/api/units/${site.unitId}/commands`,
    });
    expect(commands.map(({ id }) => id)).toEqual([command.id]);
    // What is old by a clock that has gone on is deleted as ever.
    clock.suspend(COMMANDS_KEPT_MS + 2 * HOUR_MS);
    await until('pruned', async () => {
      clock.suspend(HOUR_MS);
      return (await db.selectFrom('commands').select('id').execute()).length === 0;
    });
    // A session of the clock that was ahead is over in its time, and not two years later.
    clock.suspend(LIMITS.sessionTtlMs + HOUR_MS);
    expect(await site.hub.client().done({ path: '/api/sign-in', body })).toBe(200);
    expect(await sessions()).toBe(1);
  });

  it('signs nobody out when a clock that started in 1970 is set', async () => {
    const rightMs = Date.now();
    const clock = new ManualClock(rightMs);
    const site = await startLampSite({ clock });
    clock.set(0);
    clock.advance(LOOK_MS);
    clock.set(rightMs);
    clock.advance(LOOK_MS);
    expect(await site.owner.client.done({ path: '/api/sites' })).toBe(200);
  });

  it('ends a command in its time that was issued while the clock was ahead', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const rightMs = clock.nowMs();
    // Less than the base's grant for its channel lasts: it stays connected.
    clock.set(rightMs + HOUR_MS / 2);
    clock.advance(LOOK_MS);
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    clock.set(rightMs + LOOK_MS);
    clock.advance(LOOK_MS);
    await until('brought back', async () => {
      const { command: now } = await traceOf(site, command.id);
      return Date.parse(now.createdAt) <= clock.nowMs() ? now : undefined;
    });
    await until('timed out', async () => {
      clock.advance(1_000);
      const { command: now } = await traceOf(site, command.id);
      return now.state === 'timed_out' ? now : undefined;
    });
    const limitMs = LIMITS.invokeTtlMs + ANSWER_GRACE_MS + 60_000;
    expect(clock.nowMs() - rightMs).toBeLessThan(limitMs);
  });
});
