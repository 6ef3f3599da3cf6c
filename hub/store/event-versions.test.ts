import { sql } from 'kysely';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import { SITE_EVENT_TYPES, versionOf } from '#protocol/events/site-event.ts';
import { BaseId, CommandId, Epoch, newId, UnitId } from '#protocol/ids.ts';
import { openTestStore, testEngines } from '../testing/test-store.ts';
import { ActorNames } from './actor-names.ts';
import { inPresentVersion } from '#protocol/events/event-versions.ts';
import { siteEventsAfter } from './site-events.ts';
import { insertSite } from './sites.ts';
import { UnitOfWork } from './unit-of-work.ts';

const unit = { unitId: newId(UnitId), unitName: 'Lamp' };
const baseId = newId(BaseId);
const address = { host: 'lamp.test', port: 8888 };
const command = {
  ...{ ...unit, baseId, commandId: newId(CommandId) },
  ...{ verb: 'set', operation: 'writeproperty', affordance: 'on', input: true },
};
const endpoint = { kind: 'base', baseId, address };

/** As earlier hubs stored them, and as they are read. */
const STORED = [
  ['unit.added', { ...unit, place: '', baseId, address }, { ...unit, place: '', endpoint }],
  ['unit.added', { ...unit, place: '', endpoint }, { ...unit, place: '', endpoint }],
  ['unit.removed', { ...unit, baseId }, { ...unit, baseId }],
  ['command.issued', command, command],
  [
    'command.ended',
    { ...command, state: 'succeeded', issuedBy: HUB_ACTOR },
    { ...command, state: 'succeeded', issuedBy: HUB_ACTOR },
  ],
  ['site.changed', { name: 'Home' }, { name: 'Home' }],
] as const;

describe.each(testEngines())('events that an earlier hub stored on %s', (engine) => {
  it('are read in the version that is written now', async () => {
    const { db, writer } = await openTestStore(engine);
    const work = new UnitOfWork({
      ...{ writer, clock: new ManualClock(1_000_000) },
      ...{ log: pino({ level: 'silent' }), names: new ActorNames() },
    });
    const site = await work.run(async ({ tx }) => (await insertSite(tx, 'Home', 0)).id, 'hub');
    for (const [index, [type, data]] of STORED.entries()) {
      await sql`insert into site_events (site_id, rev, type, v, at, actor, data)
        values (${site}, ${index + 1}, ${type}, 1, 1, '{"kind":"hub"}', ${JSON.stringify(data)})
      `.execute(db);
    }
    const range = { after: 0, upTo: 100, limit: 100 };
    const { events } = await siteEventsAfter(db, { site, epoch: newId(Epoch) }, range);
    expect(events.map(({ type, v, data }) => [type, v, data])).toEqual(
      STORED.map(([type, , data]) => [type, versionOf(type), data]),
    );
  });
});

it.each(SITE_EVENT_TYPES)('there is a way from each version of %s to the next', (type) => {
  for (let v = 1; v <= versionOf(type); v += 1) {
    expect(inPresentVersion(type, { v, data: {} }).v).toBe(versionOf(type));
  }
});

it('leaves an event of a later version as it is, which nobody here can read', () => {
  const later = { v: versionOf('unit.added') + 1, data: { anything: true } };
  expect(inPresentVersion('unit.added', later)).toEqual(later);
});
