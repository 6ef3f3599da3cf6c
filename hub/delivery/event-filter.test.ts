import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { COMMAND_STATES } from '#protocol/command/command-state.ts';
import { type Actor, HUB_ACTOR } from '#protocol/events/actor.ts';
import { EventOutcome } from '#protocol/events/event-outcome.ts';
import { SITE_EVENT_TYPES } from '#protocol/events/site-event.ts';
import type { SiteEventsPage, SiteEventsQuery } from '#protocol/http/events.ts';
import {
  BaseId,
  CommandId,
  newId,
  RolloutId,
  SiteId,
  TokenId,
  UnitId,
  UpdateId,
  UserId,
} from '#protocol/ids.ts';
import { UnitState } from '#protocol/presence.ts';
import { RolloutState } from '#protocol/rollout/rollout.ts';
import { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../test/harness/property-runs.ts';
import { ActorNames } from '../store/actor-names.ts';
import type { SiteEventDraft } from '../store/site-events.ts';
import { insertSite } from '../store/sites.ts';
import { UnitOfWork } from '../store/unit-of-work.ts';
import { openTestStore, type TestEngine, testEngines } from '../testing/test-store.ts';
import { EventPages } from './event-pages.ts';
import { SharedTails } from './shared-tails.ts';

const AT = '2026-01-01T00:00:00.000Z';
const units = [newId(UnitId), newId(UnitId)] as const;
const people = [newId(UserId), newId(UserId)] as const;
const bases = [newId(BaseId), newId(BaseId)] as const;
const tokens = [newId(TokenId), newId(TokenId)] as const;

/** Few of each, so that filters meet what they are for. */
const unitId = fc.constantFrom(...units);
const baseId = fc.constantFrom(...bases);
const person = fc.constantFrom(...people).map((id): Actor => ({ kind: 'person', id }));
const token = fc
  .tuple(fc.constantFrom(...tokens), fc.constantFrom(...people))
  .map(([id, owner]): Actor => ({
    kind: 'token',
    id,
    name: 'tour',
    owner: { id: owner, name: 'Ada' },
  }));
const actor = fc.oneof(
  person,
  token,
  // A token that is gone has nobody behind it any more.
  fc.constantFrom(...tokens).map((id): Actor => ({ kind: 'token', id })),
  baseId.map((id): Actor => ({ kind: 'base', id })),
  unitId.map((id): Actor => ({ kind: 'device', id })),
  fc.constant(HUB_ACTOR),
);

/** Its site and its actor come later. */
const blank = { site: newId(SiteId), actor: HUB_ACTOR };
const said: fc.Arbitrary<SiteEventDraft> = fc.oneof(
  fc.constant<SiteEventDraft>({ ...blank, type: 'site.changed', data: { name: 'Home' } }),
  fc.constantFrom(...people).map((userId): SiteEventDraft => ({
    ...blank,
    type: 'member.removed',
    data: { userId, userName: 'Bea' },
  })),
  fc
    .record({ baseId, state: fc.constantFrom('online' as const, 'offline' as const) })
    .map((data): SiteEventDraft => ({
      ...blank,
      type: 'base.presence_changed',
      data: { ...data, baseName: 'Cellar', since: AT },
    })),
  fc
    .record({ unitId, state: fc.constantFrom(...UnitState.options) })
    .map((data): SiteEventDraft => ({
      ...blank,
      type: 'unit.presence_changed',
      data: { ...data, unitName: 'Lamp', since: AT },
    })),
  unitId.map((id): SiteEventDraft => ({
    ...blank,
    type: 'unit.event',
    data: { unitId: id, unitName: 'Lamp', event: 'pressed', measuredAt: AT },
  })),
  unitId.map((id): SiteEventDraft => ({
    ...blank,
    type: 'property.changed',
    data: { unitId: id, unitName: 'Lamp', property: 'on', value: true, measuredAt: AT },
  })),
  unitId.map((id): SiteEventDraft => ({
    ...blank,
    type: 'readings.gap_declared',
    data: { unitId: id, unitName: 'Lamp', reason: 'outbox_full', from: AT, to: AT, count: 1 },
  })),
  fc
    .record({ unitId, state: fc.constantFrom(...UnitUpdateState.options) })
    .map((data): SiteEventDraft => ({
      ...blank,
      type: 'unit.update_changed',
      data: { ...data, unitName: 'Lamp', updateId: newId(UpdateId), rolloutId: newId(RolloutId) },
    })),
  fc.constantFrom(...RolloutState.options).map((state): SiteEventDraft => ({
    ...blank,
    type: 'rollout.changed',
    data: {
      ...{ rolloutId: newId(RolloutId), model: 'lamp', version: '1', state },
      ...{ step: 0, hold: null },
    },
  })),
  fc
    .record({ unitId, baseId })
    .map((of): SiteEventDraft => ({ ...blank, type: 'command.issued', data: commandOf(of) })),
  fc
    .record({
      ...{ unitId, baseId, issuedBy: actor },
      state: fc.constantFrom(...COMMAND_STATES),
      code: fc.constantFrom(undefined, 'unconfirmed' as const, 'expired' as const),
    })
    .map(({ state, code, issuedBy, ...of }): SiteEventDraft => ({
      ...blank,
      type: 'command.ended',
      data: { ...commandOf(of), state, issuedBy, ...(code === undefined ? {} : { code }) },
    })),
);

function commandOf(of: { readonly unitId: UnitId; readonly baseId: BaseId }) {
  return {
    ...{ ...of, commandId: newId(CommandId), unitName: 'Lamp' },
    ...{ verb: 'set' as const, operation: 'writeproperty' as const, affordance: 'on' },
  };
}

/** Rarely all at once, which finds nothing. */
const maybe = <T>(one: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: one });
const query: fc.Arbitrary<Omit<SiteEventsQuery, 'epoch' | 'before'>> = fc.record({
  after: fc.nat(20),
  limit: fc.integer({ min: 1, max: 7 }),
  type: maybe(fc.subarray([...SITE_EVENT_TYPES], { minLength: 1 })),
  unit: maybe(unitId),
  base: maybe(baseId),
  person: maybe(fc.constantFrom(...people)),
  actor: maybe(fc.constantFrom<string>(...people, ...tokens, ...bases, ...units)),
  outcome: maybe(fc.constantFrom(...EventOutcome.options)),
});

async function fixture(engine: TestEngine) {
  const { db, writer } = await openTestStore(engine);
  const work = new UnitOfWork({
    ...{ writer, clock: new ManualClock(1_000_000) },
    ...{ log: pino({ level: 'silent' }), names: new ActorNames() },
  });
  const newSite = () => work.run(async ({ tx }) => (await insertSite(tx, 'Home', 0)).id, 'hub');
  const store = (site: SiteId, drafts: readonly SiteEventDraft[]) =>
    work.run(({ emit }) => {
      for (const draft of drafts) emit({ ...draft, site });
      return Promise.resolve();
    }, 'ada');
  // Fewer than there are events, so that a search has several looks.
  return { newSite, store, pages: new EventPages({ db, eventsPerLook: 9 }) };
}

type Read = (site: SiteId, query: SiteEventsQuery) => Promise<SiteEventsPage>;

/** All that is found, page by page, as a reader goes on. */
async function allOf(read: Read, site: SiteId, first: SiteEventsQuery): Promise<number[]> {
  const revs: number[] = [];
  let after = first.after ?? 0;
  for (;;) {
    const { events, next } = await read(site, { ...first, after });
    expect(events.length).toBeLessThanOrEqual(first.limit);
    revs.push(...events.map(({ rev }) => rev));
    if (next === null) return revs;
    expect(next).toBeGreaterThan(after);
    after = next;
  }
}

/** Stores events where somebody follows, and returns what both find by a filter: the same. */
async function follow(
  { newSite, store, pages }: Awaited<ReturnType<typeof fixture>>,
  happened: readonly SiteEventDraft[],
) {
  const site = await newSite();
  const tails = new SharedTails({ pages });
  tails.follow(site);
  // Somebody has come to the end of what is stored: what comes next is kept.
  await tails.page(site, { after: 0, limit: 50 });
  await store(site, happened);
  tails.stored(site);
  const search: Read = (of, wanted) => pages.page(of, wanted);
  const tail: Read = (of, wanted) => tails.page(of, wanted);
  return async (wanted: SiteEventsQuery) => {
    const from = { ...wanted, after: Math.min(wanted.after ?? 0, happened.length) };
    const found = await allOf(search, site, from);
    expect(await allOf(tail, site, from)).toEqual(found);
    return found;
  };
}

const [ada] = people;
const [unit] = units;
const [base] = bases;
const by: Actor = { kind: 'person', id: ada };
const HAPPENED: readonly SiteEventDraft[] = [
  { ...blank, type: 'site.changed', data: { name: 'Home' } },
  {
    ...{ ...blank, actor: by, type: 'command.ended' },
    data: { ...commandOf({ unitId: unit, baseId: base }), state: 'succeeded', issuedBy: by },
  },
  {
    ...{ ...blank, type: 'base.presence_changed' },
    data: { baseId: base, baseName: 'Cellar', state: 'online', since: AT },
  },
];

describe.each(testEngines())('the filter of events on %s', (engine) => {
  it('finds by each part of a filter, in the store and among what is followed', async () => {
    const find = await follow(await fixture(engine), HAPPENED);
    const cases: readonly (readonly [Partial<SiteEventsQuery>, number[]])[] = [
      [{}, [1, 2, 3]],
      [{ type: ['site.changed'] }, [1]],
      [{ unit }, [2]],
      [{ person: ada }, [2]],
      [{ actor: ada }, [2]],
      [{ outcome: 'succeeded' }, [2]],
      [{ base }, [3]],
    ];
    for (const [wanted, revs] of cases) {
      expect(await find({ after: 0, limit: 7, ...wanted }), JSON.stringify(wanted)).toEqual(revs);
    }
  });

  it(
    'is one: of the same events the search finds by a filter what those who follow a site are sent',
    async () => {
      const hub = await fixture(engine);
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(said, actor), { minLength: 1, maxLength: 40 }),
          fc.array(query, { minLength: 1, maxLength: 12 }),
          async (happened, queries) => {
            const find = await follow(
              hub,
              happened.map(([of, cause]) => ({ ...of, actor: cause })),
            );
            for (const wanted of queries) await find(wanted);
          },
        ),
        propertyRuns(engine === 'sqlite' ? 60 : 20),
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
});
