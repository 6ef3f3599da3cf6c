import { describe, expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import {
  commandAtBase,
  finished,
  issue,
  sendCommand,
  startLampSite,
  traceOf,
} from '../../testing/lamp-site.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { startTestHub } from '../../testing/test-hub.ts';
import { until } from '#platform/testing/until.ts';
import { ANSWER_GRACE_MS } from './transition.ts';

describe('when time runs out', () => {
  it('a command that was never sent expires', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ online: false, clock });
    const body = { verb: 'enqueue', affordance: 'brightness', input: 1, ttlMs: 60_000 };
    const command = await issue(site, body);
    clock.advance(60_000);
    await until('expired', async () => {
      clock.advance(1);
      const { command: now } = await traceOf(site, command.id);
      return now.state === 'expired' ? now : undefined;
    });
    const reply = await site.base.goOnline();
    expect(reply.ok && !reply.recovered && reply.commands).toEqual([]);
  });

  it('a command that was sent has timed out, which a late result still corrects', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const command = await issue(site, { verb: 'invoke', affordance: 'reset' });
    clock.advance(LIMITS.invokeTtlMs);
    expect((await traceOf(site, command.id)).command.endedAt).toBeNull();
    clock.advance(ANSWER_GRACE_MS);
    await until('timed out', async () => {
      clock.advance(1);
      const { command: now } = await traceOf(site, command.id);
      return now.state === 'timed_out' ? now : undefined;
    });
    await site.base.send(finished(command.id));
    const { command: ended, steps } = await traceOf(site, command.id);
    expect(ended.state).toBe('succeeded');
    expect(ended.code).toBeUndefined();
    expect(steps.map(({ state }) => state)).toContain('timed_out');
  });

  it('a command that the base never acknowledged has expired, and is not given to it again', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const first = await site.base.resume();
    if (!first.ok) throw new Error(first.code);
    site.base.acknowledge = () => undefined;
    const lost = await issue(site, { verb: 'invoke', affordance: 'reset' });
    const setCommand = await issue(site, { verb: 'set', affordance: 'brightness', input: 7 });
    await commandAtBase(site, lost.id);
    clock.advance(LIMITS.invokeTtlMs + 1);
    site.base.disconnect();
    await site.base.connect();
    await site.base.join();
    const reply = await site.base.resume(first.epoch, first.headSeq);
    if (!reply.ok || !reply.recovered) throw new Error('not recovered');
    expect(reply.entries.map(({ seq, type }) => [seq, type])).toEqual([
      [lost.seq, 'command.cancelled'],
      [setCommand.seq, 'command.issued'],
    ]);
    expect((await traceOf(site, lost.id)).command).toMatchObject({
      state: 'expired',
      code: 'expired',
    });
  });

  it('a command that the base once held is unknown, even if its position says otherwise', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const first = await site.base.resume();
    if (!first.ok) throw new Error(first.code);
    const done = await issue(site, { verb: 'invoke', affordance: 'reset' });
    await until('received', async () => {
      clock.advance(1);
      const { command } = await traceOf(site, done.id);
      return command.state === 'received' ? command : undefined;
    });
    clock.advance(LIMITS.invokeTtlMs);
    site.base.disconnect();
    await site.base.connect();
    await site.base.join();
    // It went back to an older copy of its disk.
    const reply = await site.base.resume(first.epoch, first.headSeq);
    expect(reply).toMatchObject({ recovered: false, reason: 'base_behind', commands: [] });
    expect((await traceOf(site, done.id)).command.state).toBe('unknown');
    await site.base.send(finished(done.id));
    expect((await traceOf(site, done.id)).command.state).toBe('succeeded');
  });

  it('the base decides about a command that may have crossed its resume request', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    const first = await site.base.resume();
    if (!first.ok) throw new Error(first.code);
    // It would acknowledge more than the base's next resume says that it has.
    site.base.acknowledge = () => undefined;
    const done = await issue(site, { verb: 'invoke', affordance: 'brightness', input: 1 });
    await commandAtBase(site, done.id);
    clock.advance(LIMITS.invokeTtlMs + 1);
    // Sent before the command came, and late to arrive.
    const reply = await site.base.resume(first.epoch, first.headSeq);
    if (!reply.ok || !reply.recovered) throw new Error('not recovered');
    expect(reply.entries.map(({ seq, type }) => [seq, type])).toEqual([
      [done.seq, 'command.issued'],
    ]);
    await site.base.send(finished(done.id));
    expect((await traceOf(site, done.id)).command.state).toBe('succeeded');
  });

  it('a command is not in the whole state, and ends there only if no base can have it', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ clock });
    site.base.acknowledge = () => undefined;
    const sent = await issue(site, { verb: 'invoke', affordance: 'reset' });
    await commandAtBase(site, sent.id);
    clock.advance(LIMITS.invokeTtlMs + 1);
    const reply = await site.base.resume();
    expect(reply.ok && !reply.recovered && reply.commands).toEqual([]);
    expect((await traceOf(site, sent.id)).command.state).toBe('timed_out');
    if (!reply.ok) throw new Error(reply.code);
    // The base is past its place in the log now, and has never had it all the same.
    await site.base.resume(reply.epoch, reply.headSeq);
    const { steps } = await traceOf(site, sent.id);
    expect(steps.map(({ state }) => state)).not.toContain('received');
  });

  it('a desired value without a time to live waits indefinitely', async () => {
    const clock = new ManualClock(Date.now());
    const site = await startLampSite({ online: false, clock });
    const command = await issue(site, { verb: 'set', affordance: 'brightness', input: 1 });
    expect(command.expiresAt).toBeNull();
    clock.suspend(20 * 86_400_000);
    expect((await traceOf(site, command.id)).command.state).toBe('queued');
  });

  it('a client that prefers to wait gets the state of then', async () => {
    const site = await startLampSite();
    const answer = await sendCommand(
      site,
      { verb: 'invoke', affordance: 'reset' },
      { prefer: 'respond-async, wait=1' },
    );
    expect(answer.status).toBe(202);
    expect(answer.headers.get('preference-applied')).toBe('wait');
  });
});

it('survives a restart of the hub with all that waits', async () => {
  const first = await startLampSite({ online: false });
  const command = await issue(first, { verb: 'enqueue', affordance: 'brightness', input: 3 });
  await first.hub.close();
  const hub = await startTestHub({ config: { dataFolder: first.hub.dataFolder } });
  const base = first.base.at(hub);
  const reply = await base.goOnline();
  base.disconnect();
  expect(reply.ok && !reply.recovered && reply.commands.map(({ id }) => id)).toEqual([command.id]);
});
