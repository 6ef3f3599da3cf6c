import { sql } from 'kysely';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import type { SiteEvent, SiteEventData } from '#protocol/events/site-event.ts';
import { BaseId, CommandId, Epoch, newId, type SiteId, UnitId, UserId } from '#protocol/ids.ts';
import { openTestStore, type TestEngine, testEngines } from '../testing/test-store.ts';
import { ActorNames } from './actor-names.ts';
import {
  type EventFilter,
  type EventSearch,
  searchQuery,
  searchSiteEvents,
} from './event-search.ts';
import { type SiteEventDraft, siteEventsAfter } from './site-events.ts';
import { insertSite } from './sites.ts';
import { UnitOfWork } from './unit-of-work.ts';

/** Two sites whose units get commands of two people, now and then without success; a base goes and comes. */
async function fixture(engine: TestEngine) {
  const { db, writer } = await openTestStore(engine);
  const work = new UnitOfWork({
    ...{ writer, clock: new ManualClock(1_000_000) },
    ...{ log: pino({ level: 'silent' }), names: new ActorNames() },
  });
  const newSite = () => work.run(async ({ tx }) => (await insertSite(tx, 'Home', 0)).id, 'hub');
  const [site, other] = [await newSite(), await newSite()];
  const units = [newId(UnitId), newId(UnitId)] as const;
  const people = [newId(UserId), newId(UserId)] as const;
  const bases = [newId(BaseId), newId(BaseId)] as const;
  const drafts = (of: SiteId): SiteEventDraft[] => [
    ...Array.from({ length: 60 }, (_, index) => commands(of, index, { units, people })).flat(),
    ...aboutBases(of, bases),
  ];
  for (const of of [site, other]) {
    await work.run(({ emit }) => {
      for (const draft of drafts(of)) emit(draft);
      return Promise.resolve();
    }, 'ada');
  }
  const search = (filter: EventFilter, change: Partial<EventSearch> = {}) => ({
    ...{ site, epoch: newId(Epoch), filter, after: 0, upTo: 10_000 },
    ...{ order: 'newest' as const, limit: 10, look: 25 },
    ...change,
  });
  /** All pages, as a reader goes through them. */
  const all = async (filter: EventFilter, order: EventSearch['order'] = 'newest') => {
    const revs: number[] = [];
    let pages = 0;
    let range = {};
    for (;;) {
      const { events, end } = await searchSiteEvents(db, search(filter, { order, ...range }));
      expect(events.length).toBeLessThanOrEqual(10);
      revs.push(...events.map(({ rev }) => rev));
      pages += 1;
      if (end === undefined) return { revs, pages };
      range = order === 'newest' ? { upTo: end - 1 } : { after: end };
    }
  };
  const plan = async (filter: EventFilter) => {
    const rows = await searchQuery(db, search(filter), undefined).explain<{ detail: string }>(
      undefined,
      sql`query plan`,
    );
    return rows.map(({ detail }) => detail).join('; ');
  };
  return { db, site, units, people, bases, all, plan };
}

const EVERYTHING = { after: 0, upTo: 1_000, limit: 1_000 };

function aboutBases(site: SiteId, bases: readonly [BaseId, BaseId]): SiteEventDraft[] {
  return bases.flatMap((baseId): SiteEventDraft[] => {
    const base = { baseId, baseName: 'Attic' };
    const of = { site, actor: { kind: 'base', id: baseId } as const };
    const unit = { unitId: newId(UnitId), unitName: 'Lamp', place: '' };
    const address = { host: '192.0.2.1', port: 8888 };
    const endpoint = { kind: 'base', baseId, address } as const;
    return [
      { ...of, type: 'base.added', data: { ...base, version: '1' } },
      { ...of, type: 'unit.added', data: { ...unit, endpoint } },
      {
        ...{ ...of, type: 'base.presence_changed' },
        data: { ...base, state: 'offline', since: '2026-01-01T00:00:00.000Z' },
      },
    ];
  });
}

function commands(
  site: SiteId,
  index: number,
  by: { units: readonly [UnitId, UnitId]; people: readonly [UserId, UserId] },
): SiteEventDraft[] {
  const isRare = index % 20 === 0;
  const person: Actor = { kind: 'person', id: isRare ? by.people[1] : by.people[0] };
  const unitId = by.units[index % 2 === 0 ? 0 : 1];
  const command: SiteEventData<'command.issued'> = {
    ...{ commandId: newId(CommandId), unitId, baseId: newId(BaseId), verb: 'set' },
    ...{ operation: 'writeproperty', affordance: 'on', input: true },
  };
  const state = isRare ? 'failed' : 'succeeded';
  const drafts: SiteEventDraft[] = [
    { site, type: 'command.issued', actor: person, data: command },
    {
      ...{ site, type: 'command.ended', actor: { kind: 'base', id: command.baseId } },
      data: { ...command, state, issuedBy: person },
    },
  ];
  const renamed: SiteEventDraft = {
    ...{ site, type: 'site.changed', actor: HUB_ACTOR },
    data: { name: 'Cottage' },
  };
  return index === 30 ? [...drafts, renamed] : drafts;
}

describe.each(testEngines())('the search for events on %s', (engine) => {
  it('finds by unit, person, outcome and type, page by page, all of it and nothing of another site', async () => {
    const { db, site, all, units, people, bases } = await fixture(engine);
    const stored = await siteEventsAfter(db, { site, epoch: newId(Epoch) }, EVERYTHING);
    const revsOf = (fits: (event: SiteEvent) => boolean) =>
      stored.events.filter(fits).map(({ rev }) => rev);
    const isOf = (person: UserId) => (event: SiteEvent) =>
      event.actor.id === person ||
      (event.type === 'command.ended' && event.data.issuedBy.id === person);
    const isFailed = (event: SiteEvent) =>
      (event.type === 'command.ended' && event.data.state === 'failed') ||
      event.type === 'base.presence_changed';
    const isAboutBase = (event: SiteEvent) => {
      const data = event.type === 'unit.added' ? event.data.endpoint : event.data;
      return /^(base|unit)\./.test(event.type) && 'baseId' in data && data.baseId === bases[0];
    };
    const isAbout = (unitId: UnitId) => (event: SiteEvent) =>
      'unitId' in event.data && event.data.unitId === unitId;
    const cases: readonly (readonly [EventFilter, number[]])[] = [
      [{}, revsOf(() => true)],
      [{ unitId: units[1] }, revsOf(isAbout(units[1]))],
      [{ baseId: bases[0] }, revsOf(isAboutBase)],
      [
        { baseId: bases[0], outcome: 'failed' },
        revsOf((e) => isAboutBase(e) && e.type === 'base.presence_changed'),
      ],
      [{ baseId: bases[0], unitId: units[0] }, []],
      [{ personId: people[1] }, revsOf(isOf(people[1]))],
      [{ actorId: people[1] }, revsOf(({ actor }) => actor.id === people[1])],
      [{ outcome: 'failed' }, revsOf(isFailed)],
      [
        { outcome: 'succeeded', unitId: units[0] },
        revsOf((e) => isAbout(units[0])(e) && e.type === 'command.ended' && !isFailed(e)),
      ],
      [{ types: ['site.changed', 'member.added'] }, revsOf(({ type }) => type === 'site.changed')],
      [
        { types: ['command.ended'], personId: people[0], unitId: units[0] },
        revsOf((e) => e.type === 'command.ended' && isAbout(units[0])(e) && isOf(people[0])(e)),
      ],
      [{ types: ['unit.added'] }, revsOf(({ type }) => type === 'unit.added')],
      [{ types: ['unit.removed'] }, []],
    ];
    for (const [filter, revs] of cases) {
      expect((await all(filter)).revs, JSON.stringify(filter)).toEqual([...revs].reverse());
      expect((await all(filter, 'oldest')).revs, JSON.stringify(filter)).toEqual(revs);
    }
    expect(stored.events).toHaveLength(127);
    expect(revsOf(isAboutBase)).toHaveLength(3);
  });

  it('searches no more than it may for one answer, and continues from there', async () => {
    const { all, units } = await fixture(engine);
    // 127 events, 25 at a time, and nothing is found among them.
    expect(await all({ types: ['unit.event'] })).toEqual({ revs: [], pages: 6 });
    expect((await all({ types: ['unit.event'], unitId: units[0] })).pages).toBe(3);
    expect((await all({ types: ['unit.removed'] })).pages).toBe(1);
  });

  it('loses nothing behind an event that cannot be read any more', async () => {
    const { db, site, all } = await fixture(engine);
    await sql`update site_events set data = '{' where rev in (115, 116, 40)`.execute(db);
    expect((await all({})).revs).toHaveLength(124);
    const of = { site, epoch: newId(Epoch) };
    const { events, end } = await siteEventsAfter(db, of, { after: 30, upTo: 121, limit: 10 });
    expect([events.length, end]).toEqual([9, 40]);
  });
});

it('uses an index on SQLite for a unit, a base, a person, failures and what is seldom', async () => {
  const { plan, units, people, bases } = await fixture('sqlite');
  expect(await plan({ unitId: units[0] })).toContain('site_events_by_unit');
  expect(await plan({ baseId: bases[0] })).toContain('site_events_by_base');
  expect(await plan({ personId: people[0] })).toContain('site_events_by_person');
  expect(await plan({ outcome: 'failed' })).toContain('site_events_failed');
  expect(await plan({ types: ['member.added', 'site.changed'] })).toContain('site_events_seldom');
  for (const filter of [
    {},
    { unitId: units[0] },
    { baseId: bases[0] },
    { personId: people[0] },
    { outcome: 'failed' as const },
  ])
    expect(await plan(filter)).not.toContain('TEMP B-TREE');
});
