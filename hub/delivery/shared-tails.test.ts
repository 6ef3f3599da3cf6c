import { expect, it } from 'vitest';
import type { EventSaid } from '#protocol/events/event-outcome.ts';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import { BaseId, Epoch, newId, SiteId, UnitId, UserId } from '#protocol/ids.ts';
import { SharedTails } from './shared-tails.ts';

const site = newId(SiteId);
const AT = '2026-01-01T00:00:00.000Z';

/** A site whose events are counted as they are read. */
function fixture() {
  const stored: SiteEvent[] = [];
  const life = { epoch: newId(Epoch) };
  const reads: SiteEventsQuery[] = [];
  const page = (_site: SiteId, query: SiteEventsQuery): Promise<SiteEventsPage> => {
    reads.push(query);
    const head = { epoch: life.epoch, rev: stored.length, readings: 0, floor: 0 };
    if (query.epoch !== undefined && query.epoch !== life.epoch) {
      const none = { ...head, events: [], next: stored.length };
      return Promise.resolve({ ...none, recovered: false, reason: 'epoch' });
    }
    const found = stored.slice(query.after ?? stored.length);
    const events = found.slice(0, query.limit);
    const next = found.length > events.length ? (events.at(-1)?.rev ?? null) : null;
    return Promise.resolve({ ...head, recovered: true, events, next });
  };
  const tails = new SharedTails({ pages: { page } });
  const ada = newId(UserId);
  const store = (name = 'Home') => {
    const rev = stored.length + 1;
    stored.push({
      ...{ site, epoch: life.epoch, rev, type: 'site.changed', v: 1 },
      at: AT,
      actor: { kind: 'person', id: ada },
      data: { name },
    });
    tails.stored(site);
  };
  const read = async (after: number, more: Partial<SiteEventsQuery> = {}) => {
    const { events, next } = await tails.page(site, {
      ...{ epoch: life.epoch, after, limit: 50 },
      ...more,
    });
    return { revs: events.map(({ rev }) => rev), next };
  };
  return { tails, store, stored, read, reads, life, ada, page };
}

it('reads once for all followers of a site, whatever their filters', async () => {
  const { tails, store, read, reads, ada } = fixture();
  tails.follow(site);
  store();
  await read(0);
  const before = reads.length;
  store();
  store();
  const queries: Partial<SiteEventsQuery>[] = [
    ...Array.from({ length: 100 }, () => ({})),
    { type: ['site.changed'] },
    { person: ada },
    { person: newId(UserId) },
    { outcome: 'failed' },
    { base: newId(BaseId) },
    { limit: 1 },
  ];
  const answers = await Promise.all(queries.map((more) => read(1, more)));
  expect(reads.length - before).toBe(1);
  const all = { revs: [2, 3], next: null };
  expect(answers.slice(0, 102)).toEqual(Array.from({ length: 102 }, () => all));
  const nothing = { revs: [], next: null };
  expect(answers.slice(102)).toEqual([nothing, nothing, nothing, { revs: [2], next: 2 }]);
  await read(3);
  expect(reads.length - before).toBe(1);
});

it('finds of a base what is about it, as the search of the store does', async () => {
  const { tails, store, stored, read } = fixture();
  tails.follow(site);
  await read(0);
  const base = { baseId: newId(BaseId), baseName: 'Attic' };
  const unit = { unitId: newId(UnitId), unitName: 'Lamp', baseId: base.baseId };
  for (const said of [
    { type: 'base.added', data: { ...base, version: '1' } },
    { type: 'base.removed', data: { ...base, baseId: newId(BaseId) } },
    { type: 'unit.removed', data: unit },
    { type: 'unit.event', data: { ...unit, event: 'pressed', measuredAt: AT } },
  ] satisfies EventSaid[]) {
    store();
    const last = stored.at(-1);
    if (last) stored[stored.length - 1] = { ...last, ...said };
  }
  expect((await read(0, { base: base.baseId })).revs).toEqual([1, 3]);
});

it('misses nothing that is stored while it reads', async () => {
  const { tails, store, read } = fixture();
  tails.follow(site);
  await read(0);
  store();
  const first = read(0);
  store();
  expect((await first).revs.length).toBeGreaterThan(0);
  expect((await read(0)).revs).toEqual([1, 2]);
});

it('caches a bounded number of events and bytes; followers further behind read the database', async () => {
  const { tails, store, read, reads } = fixture();
  tails.follow(site);
  await read(0);
  for (let count = 0; count < 450; count += 1) store();
  expect((await read(0, { limit: 200 })).next).toBe(200);
  expect((await read(440)).revs).toHaveLength(10);
  const before = reads.length;
  expect((await read(10)).revs[0]).toBe(11);
  expect(reads.length).toBe(before + 1);
  expect((await read(445)).revs).toHaveLength(5);
  expect(reads.length).toBe(before + 1);
  for (let count = 0; count < 3; count += 1) store('x'.repeat(40_000));
  // Of three that are too large together, the newest alone is kept.
  await read(450);
  const then = reads.length;
  expect((await read(452)).revs).toEqual([453]);
  expect(reads.length).toBe(then);
  expect((await read(450)).revs).toEqual([451, 452, 453]);
  expect(reads.length).toBe(then + 1);
});

it('misses nothing that is stored while two come to the end for the first time', async () => {
  const { store, page } = fixture();
  const release: (() => void)[] = [];
  const tails = new SharedTails({
    pages: {
      page: async (of, query) => {
        const answer = await page(of, query);
        await new Promise<void>((done) => release.push(done));
        return answer;
      },
    },
  });
  const follow = () => tails.page(site, { after: 0, limit: 50 });
  tails.follow(site);
  const first = follow();
  await Promise.resolve();
  store();
  tails.stored(site);
  const second = follow();
  await Promise.resolve();
  // The older answer comes first.
  for (const done of release.splice(0)) done();
  expect([(await first).events, (await second).events.length]).toEqual([[], 1]);
  const third = follow();
  await Promise.resolve();
  for (const done of release.splice(0)) done();
  expect((await third).events).toHaveLength(1);
});

it('lets the database say why, where the events have another life', async () => {
  const { tails, store, read, life } = fixture();
  tails.follow(site);
  store();
  await read(0);
  const old = life.epoch;
  life.epoch = newId(Epoch);
  store();
  const page = await tails.page(site, { epoch: old, after: 1, limit: 50 });
  expect(page).toMatchObject({ recovered: false, reason: 'epoch' });
  expect((await read(1)).revs).toEqual([2]);
});

it('caches nothing without followers, and reads again after a fault', async () => {
  const { tails, store, read, page } = fixture();
  const leave = [tails.follow(site), tails.follow(site)];
  await read(0);
  expect(tails.size).toBe(1);
  for (const each of leave) each();
  expect(tails.size).toBe(0);
  let isFaulty = false;
  const other = new SharedTails({
    pages: {
      page: (of, query) => (isFaulty ? Promise.reject(new Error('disk')) : page(of, query)),
    },
  });
  other.follow(site);
  await other.page(site, { after: 0, limit: 50 });
  store();
  other.stored(site);
  isFaulty = true;
  await expect(other.page(site, { after: 0, limit: 50 })).rejects.toThrow('disk');
  isFaulty = false;
  // Still to be read, though nothing was stored since.
  expect((await other.page(site, { after: 0, limit: 50 })).events).toHaveLength(1);
});
