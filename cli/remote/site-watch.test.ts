import { describe, expect, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { AppError } from '#protocol/errors.ts';
import { SiteEvent, versionOf } from '#protocol/events/site-event.ts';
import type { SiteEventsPage } from '#protocol/http/events.ts';
import type { SitePart } from '#protocol/hub-link/site-channel.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import { Epoch, newId, SiteId, UnitId } from '#protocol/ids.ts';
import type { EventsRequest } from '#client/site-api.ts';
import { SiteChannelServer } from '../testing/site-channel-server.ts';
import { siteSnapshotOf } from '../testing/site-snapshot.ts';
import { type MissedEvents, SiteWatch } from './site-watch.ts';

const AT = '2026-01-01T00:00:00.000Z';
const LAMP = newId(UnitId);
const siteId = newId(SiteId);
const epoch = newId(Epoch);

type Page = Partial<SiteEventsPage>;
type Answer = Page | Error | Promise<Page>;

/** Stored events of the lamp's level, each with its own revision as the value. */
function level(rev: number): SiteEvent {
  return SiteEvent.parse({
    ...{ site: siteId, epoch, rev, at: AT, v: versionOf('property.changed') },
    ...{ type: 'property.changed', actor: { kind: 'device', id: LAMP } },
    data: { unitId: LAMP, unitName: 'Lamp', property: 'level', value: rev, measuredAt: AT },
  });
}

/** How the level stands, as a delta says it. */
function levelNow(value: number): SitePart {
  const at = { measuredAtMs: value, receivedAtMs: value, clock: 'synced' as const };
  const body = { unitId: LAMP, reported: { level: { value, ...at } }, desired: {} };
  return { name: 'unit.values', body };
}

/** A page that the hub answers when the test says so. */
function heldPage() {
  let release: (page: Page) => void = () => undefined;
  const page = new Promise<Page>((resolve) => (release = resolve));
  return { page, release: (answer: Page) => release(answer) };
}

async function watchedSite(after?: Pick<SiteCursor, 'epoch' | 'rev'>) {
  const start = { epoch, rev: 10, readings: 0 };
  const clock = new ManualClock();
  const server = new SiteChannelServer(start);
  await server.start(atTestEnd);
  const snapshot = siteSnapshotOf({ siteId, cursor: start, units: [{ id: LAMP, level: 10 }] });
  const answers: Answer[] = [];
  const requested: EventsRequest[] = [];
  const seen: unknown[] = [];
  const missed: MissedEvents[] = [];
  const failures: string[] = [];
  let arrived = 0;
  const watch = new SiteWatch({
    ...{ clock, snapshot, after, only: undefined },
    openSocket: () => {
      const socket = server.openSocket();
      socket.onAny(() => (arrived += 1));
      return socket;
    },
    api: {
      snapshot: () => Promise.resolve({ ...snapshot, cursor: server.cursor }),
      events: async (_site, query) => {
        requested.push(query);
        const answer = await (answers.shift() ?? {});
        if (answer instanceof Error) throw answer;
        const { rev } = server.cursor;
        const page = { epoch, rev, readings: 0, floor: 0, recovered: true, events: [], next: null };
        return { ...page, ...answer };
      },
      authorize: () => Promise.resolve({ token: 'token', expiresAtMs: clock.nowMs() + 60_000 }),
    },
    changed: ({ value }, { cursor }) => seen.push([cursor.rev, value]),
    missed: (range) => missed.push(range),
    linkChanged: () => undefined,
    failed: (error) => failures.push(error.code),
  });
  atTestEnd.add(() => watch.close());
  const joins = (count: number) =>
    until(`joined ${count} times`, () => server.joinedAfter.length >= count);
  const deltas = (count: number) => until(`${count} deltas arrived`, () => arrived === count);
  return { clock, server, watch, answers, requested, seen, missed, failures, joins, deltas };
}

describe('a site that is followed', () => {
  it('reports every stored event after a revision, page by page, then what happens', async () => {
    const { watch, server, answers, requested, seen } = await watchedSite({ epoch, rev: 5 });
    answers.push({ events: [level(6), level(7)], next: 7 }, { events: [level(9)] });
    watch.start();
    await until('the stored events', () => seen.length === 3);
    server.publish({ place: { epoch, after: 10, rev: 11 }, parts: [levelNow(11)] });
    await until('the new one', () => seen.length === 4);
    expect(seen).toEqual([6, 7, 9, 11].map((rev) => [rev, rev]));
    expect(requested.map(({ after }) => after)).toEqual([5, 7]);
  });

  it('reports what comes meanwhile once what was missed is reported, and none of it twice', async () => {
    const { watch, server, answers, seen, joins, deltas } = await watchedSite();
    const { page, release } = heldPage();
    answers.push(page);
    watch.start();
    await joins(1);
    server.publish({ place: { epoch, after: 10, rev: 11 }, parts: [levelNow(11)] });
    server.publish({ place: { epoch, after: 11, rev: 12 }, parts: [levelNow(12)] });
    await deltas(2);
    expect(seen).toEqual([]);
    server.cursor = { epoch, rev: 11, readings: 0 };
    release({ events: [level(11)] });
    await until('all', () => seen.length === 2);
    expect(seen).toEqual([
      [11, 11],
      [12, 12],
    ]);
  });

  it('fetches the events between where it is and a delta that begins later', async () => {
    const { watch, server, answers, requested, seen, joins } = await watchedSite();
    watch.start();
    await joins(1);
    await until('the first answer', () => requested.length === 1);
    answers.push({ events: [level(11), level(12)], rev: 12 });
    server.publish({ place: { epoch, after: 12, rev: 13 }, parts: [levelNow(13)] });
    await until('all', () => seen.length === 3);
    expect(seen).toEqual([11, 12, 13].map((rev) => [rev, rev]));
    expect(server.joinedAfter).toMatchObject([{ rev: 10 }, { rev: 10 }]);
  });

  it('says which events are no longer kept, and continues behind them', async () => {
    const { watch, answers, requested, seen, missed } = await watchedSite({ epoch, rev: 1 });
    answers.push({ recovered: false, reason: 'expired', next: 8 }, { events: [level(9)] });
    watch.start();
    await until('the kept event', () => seen.length === 1);
    expect(missed).toEqual([{ reason: 'expired', after: 1, next: 8 }]);
    expect(requested.map(({ after }) => after)).toEqual([1, 8]);
    expect(seen).toEqual([[9, 9]]);
  });

  it('asks again, after a pause, a hub that is too busy to say what was missed', async () => {
    const { watch, clock, answers, requested, seen, failures, joins } = await watchedSite();
    answers.push(new AppError('overloaded', { details: { retryAfterMs: 2_000 } }));
    answers.push({ events: [level(11)], rev: 11 });
    watch.start();
    await until('the refusal', () => requested.length === 1);
    await until('a timer', () => clock.pendingTimers === 2);
    clock.advance(1_999);
    expect(requested).toHaveLength(1);
    clock.advance(501);
    await joins(2);
    await until('the event', () => seen.length === 1);
    expect([seen, failures]).toEqual([[[11, 11]], []]);
  });

  it('ends where the hub refuses for good', async () => {
    const { watch, clock, answers, failures } = await watchedSite();
    answers.push(new AppError('site_unknown'));
    watch.start();
    await until('the refusal', () => failures.length === 1);
    expect(failures).toEqual(['site_unknown']);
    // Of the channel's membership alone.
    expect(clock.pendingTimers).toBe(1);
  });

  it('reports nothing after it is closed', async () => {
    const { watch, clock, answers, seen, joins } = await watchedSite();
    const { page, release } = heldPage();
    answers.push(page);
    watch.start();
    await joins(1);
    await until('the membership', () => clock.pendingTimers === 1);
    watch.close();
    release({ events: [level(11)] });
    await page;
    expect([seen, clock.pendingTimers]).toEqual([[], 0]);
  });
});
