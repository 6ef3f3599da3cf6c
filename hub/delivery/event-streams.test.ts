import { expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import type { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import { Epoch, SessionId, SiteId, UnitId, UserId, newId } from '#protocol/ids.ts';
import { Revocations } from '../domain/accounts/revocations.ts';
import { WallTimers } from '../kernel/wall-timers.ts';
import { EventStreams } from './event-streams.ts';

const site = newId(SiteId);
const epoch = newId(Epoch);

/** A site with as many large events as are asked for. */
function fixture(bounds = { inAll: 3, perAccount: 2 }) {
  const clock = new ManualClock();
  const revocations = new Revocations();
  let read = 0;
  const page = (_site: SiteId, query: SiteEventsQuery): Promise<SiteEventsPage> => {
    const after = query.after ?? 0;
    const events = Array.from({ length: query.limit }, (_, index) => ({
      ...{ site, epoch, rev: after + index + 1, type: 'unit.event' as const, v: 1 as const },
      at: '2026-01-01T00:00:00.000Z',
      actor: { kind: 'hub' as const, id: 'hub' },
      data: {
        unitId: newId(UnitId),
        unitName: 'Lamp',
        event: 'x'.repeat(2_000),
        measuredAt: '2026-01-01T00:00:00.000Z',
      },
    }));
    read += events.length;
    const position = { epoch, rev: 1_000_000, floor: 0, readings: 0, recovered: true };
    return Promise.resolve({ ...position, events, next: after + query.limit });
  };
  const streams = new EventStreams({
    ...{ pages: { page }, readingPages: { page: () => Promise.reject(new Error()) } },
    ...{ revocations, clock, bounds },
    deadlines: new WallTimers(clock),
  });
  const open = (userId: UserId, endsAtMs = Infinity, authorize = () => Promise.resolve()) =>
    streams.open({
      site,
      streamed: { kind: 'events', query: { after: 0, limit: 50 } },
      caller: { kind: 'session', userId, sessionId: newId(SessionId), reauthenticatedAtMs: 0 },
      authorize,
      endsAtMs: () => Promise.resolve(endsAtMs),
    });
  return { clock, revocations, streams, open, read: () => read };
}

it('reads nothing more for a slow reader than may wait, and cuts it', async () => {
  const { clock, streams, open, read } = fixture();
  const { output } = await open(newId(UserId));
  await until('enough waits', () => output.writableNeedDrain);
  expect(output.writableLength + output.readableLength).toBeLessThan(100_000);
  const before = read();
  clock.advance(15_000);
  expect([streams.size, read()]).toEqual([1, before]);
  clock.advance(30_000);
  // Behind what waits it is told why, and may still fetch both.
  expect([streams.size, output.writableEnded]).toEqual([1, true]);
  clock.advance(15_000);
  await until('cut', () => streams.size === 0);
  expect([output.destroyed, read(), clock.pendingTimers]).toEqual([true, before, 0]);
});

it('continues once the reader has read what waits', async () => {
  const { open, read } = fixture();
  const { output } = await open(newId(UserId));
  await until('enough waits', () => output.writableNeedDrain);
  const before = read();
  output.resume();
  await until('more', () => read() > before + 500);
  output.destroy();
});

it('shares streams between accounts, and bounds one account', async () => {
  const { streams, open } = fixture();
  const [mallory, ada, bob] = [newId(UserId), newId(UserId), newId(UserId)];
  await open(mallory);
  const newest = await open(mallory);
  await expect(open(mallory)).rejects.toMatchObject({ code: 'overloaded' });
  await open(ada);
  await open(bob);
  expect([newest.isOver, streams.size]).toEqual([true, 3]);
});

it('ends a stream when its right does, also while it is being opened', async () => {
  const { clock, revocations, streams, open } = fixture();
  const user = newId(UserId);
  const member = { kind: 'member', userId: user, siteId: site } as const;
  const one = await open(user);
  revocations.announce(member);
  expect(one.isOver).toBe(true);
  const between = open(user, Infinity, async () => {
    await Promise.resolve();
    revocations.announce(member);
  });
  await expect(between).rejects.toMatchObject({ code: 'not_ready' });
  await until('released', () => streams.size === 0);
  const ending = await open(user, clock.nowMs() + 5_000);
  clock.advance(5_000);
  await until('over', () => ending.isOver);
  await until('none', () => streams.size === 0);
  streams.close();
  await expect(open(user)).rejects.toMatchObject({ code: 'not_ready' });
});

it('tells a slow reader why it is closed, after what waits for it, and where to continue', async () => {
  const { clock, streams, open } = fixture();
  const { output } = await open(newId(UserId));
  await until('enough waits', () => output.writableNeedDrain);
  clock.advance(45_000);
  let text = '';
  output.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await until('all of it', () => streams.size === 0);
  const [last = '', before = ''] = text.trim().split('\n\n').reverse();
  const place = /^id: (.*)$/m.exec(before)?.[1] ?? 'none';
  expect(last).toBe(`id: ${place}\nevent: closed\ndata: {"code":"slow_consumer"}`);
});
