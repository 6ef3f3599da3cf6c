import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import { SiteEvent } from '#protocol/events/site-event.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { temporaryFolder } from '../testing/test-hub.ts';
import { ActorNames } from './actor-names.ts';
import { openDatabase } from './engine/sqlite/database.ts';
import { GroupCommit } from './engine/sqlite/group-commit.ts';
import { migrate } from './migrations.ts';
import { insertSite } from './sites.ts';
import { type SiteEventDraft, sitePosition } from './site-events.ts';
import { UnitOfWork } from './unit-of-work.ts';

async function openStore() {
  const db = openDatabase(temporaryFolder(onTestFinished));
  onTestFinished(() => db.destroy());
  await migrate(db);
  const outcomes: Outcome[] = [];
  const unitOfWork = new UnitOfWork({
    writer: new GroupCommit(db),
    clock: new ManualClock(1_000),
    log: pino({ level: 'silent' }),
    names: new ActorNames(),
  });
  unitOfWork.markFor({ of: (_site, type) => (type === 'site.changed' ? ['webhooks'] : []) });
  unitOfWork.follow({ committed: (outcome) => void outcomes.push(outcome) });
  const newSite = (name: string) =>
    unitOfWork.run(async ({ tx }) => (await insertSite(tx, name, 0)).id, 'hub');
  const events = (site: SiteId) =>
    db.selectFrom('site_events').selectAll().where('site_id', '=', site).execute();
  return { db, unitOfWork, outcomes, events, site: await newSite('Home'), newSite };
}

const renamed = (site: SiteId, name: string): SiteEventDraft => ({
  site,
  type: 'site.changed',
  actor: HUB_ACTOR,
  data: { name },
});

async function rename(unitOfWork: UnitOfWork, site: SiteId, name: string): Promise<void> {
  await unitOfWork.run(({ emit }) => {
    emit(renamed(site, name));
    return Promise.resolve();
  }, 'ada');
}

describe('a unit of work', () => {
  it('stores what it emits, numbered per site, and notifies its followers afterwards', async () => {
    const { unitOfWork, outcomes, events, site, newSite, db } = await openStore();
    const other = await newSite('Cottage');
    await unitOfWork.run(({ emit }) => {
      for (const name of ['a', 'b']) emit(renamed(site, name));
      emit(renamed(other, 'c'));
      return Promise.resolve();
    }, 'ada');
    await rename(unitOfWork, site, 'd');
    expect((await events(site)).map(({ rev, data }) => `${rev} ${data}`)).toEqual([
      '1 {"name":"a"}',
      '2 {"name":"b"}',
      '3 {"name":"d"}',
    ]);
    expect(await sitePosition(db, site)).toMatchObject({ rev: 3, floor: 0 });
    const said = outcomes.flatMap((outcome) => outcome.events);
    expect(said.map((event) => [event.site, event.rev])).toEqual([
      [site, 1],
      [site, 2],
      [other, 1],
      [site, 3],
    ]);
    for (const event of said) expect(SiteEvent.parse(event)).toEqual(event);
  });

  it('that fails leaves no event, and notifies nobody', async () => {
    const { unitOfWork, outcomes, events, site } = await openStore();
    const before = outcomes.length;
    let woken = 0;
    const failing = unitOfWork.run(({ emit, wake }) => {
      emit(renamed(site, 'a'));
      wake(() => (woken += 1));
      return Promise.reject(new Error('no'));
    }, 'ada');
    await expect(failing).rejects.toThrow('no');
    expect([await events(site), outcomes.length - before, woken]).toEqual([[], 0, 0]);
  });

  it('is passed to its followers with its whole commit, before any caller continues', async () => {
    const { unitOfWork, outcomes, site, newSite } = await openStore();
    const other = await newSite('Cottage');
    const before = outcomes.length;
    const seen: number[] = [];
    const renames = (['a', 'b', 'c'] as const).map(async (name, index) => {
      await rename(unitOfWork, index === 1 ? other : site, name);
      seen.push(outcomes.length - before);
    });
    await Promise.all(renames);
    const [together] = outcomes.slice(before);
    expect(together?.events.map((event) => [event.site, event.rev])).toEqual([
      [site, 1],
      [other, 1],
      [site, 2],
    ]);
    expect(seen).toEqual([1, 1, 1]);
  });

  it('discards what a failed part of it emitted', async () => {
    const { unitOfWork, events, site } = await openStore();
    await unitOfWork.run(async ({ emit, part }) => {
      emit(renamed(site, 'kept'));
      const failing = part(() => {
        emit(renamed(site, 'lost'));
        return Promise.reject(new Error('no'));
      });
      await failing.catch(() => undefined);
    }, 'ada');
    expect((await events(site)).map(({ data }) => data)).toEqual(['{"name":"kept"}']);
  });

  it('is run again after a conflict, three times at most, and says everything once', async () => {
    const { unitOfWork, events, site, outcomes } = await openStore();
    const before = outcomes.length;
    const conflict = Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' });
    const work = async (conflicts: number) => {
      let runs = 0;
      await unitOfWork.run(({ emit }) => {
        emit(renamed(site, String(conflicts)));
        runs += 1;
        return runs <= conflicts ? Promise.reject(conflict) : Promise.resolve();
      }, 'ada');
    };
    await work(3);
    await expect(work(4)).rejects.toThrow('busy');
    expect((await events(site)).map(({ rev, data }) => [rev, data])).toEqual([[1, '{"name":"3"}']]);
    expect(outcomes.length - before).toBe(1);
  });

  it('marks who has something to do, in the same transaction', async () => {
    const { unitOfWork, db, site, outcomes } = await openStore();
    await rename(unitOfWork, site, 'a');
    await rename(unitOfWork, site, 'b');
    expect(await db.selectFrom('event_dirty').select(['consumer', 'site_id']).execute()).toEqual([
      { consumer: 'webhooks', site_id: site },
    ]);
    expect(outcomes.at(-1)?.dirty).toEqual(new Set(['webhooks']));
  });

  it('lets a fault in one follower keep nothing from the others', async () => {
    let heard = 0;
    const failing = {
      committed: () => {
        throw new Error('no');
      },
    };
    const counting = { committed: () => void (heard += 1) };
    const { unitOfWork } = await openStore();
    unitOfWork.follow(failing);
    unitOfWork.follow(counting);
    const before = heard;
    let woken = 0;
    await unitOfWork.run(({ wake }) => {
      wake(() => {
        throw new Error('no');
      });
      wake(() => (woken += 1));
      return Promise.resolve();
    }, 'ada');
    expect([heard - before, woken]).toEqual([1, 1]);
  });
});
