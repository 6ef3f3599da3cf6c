import { sql } from 'kysely';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import { HubId, type SiteId, newId } from '#protocol/ids.ts';
import { ActorNames } from '../store/actor-names.ts';
import { openDatabase } from '../store/engine/sqlite/database.ts';
import { GroupCommit } from '../store/engine/sqlite/group-commit.ts';
import { migrate } from '../store/migrations.ts';
import { dropHub, putHub } from '../store/hubs.ts';
import { dropOldSiteEvents } from '../store/old-events.ts';
import { insertSite } from '../store/sites.ts';
import { UnitOfWork } from '../store/unit-of-work.ts';
import { temporaryFolder } from '../testing/test-hub.ts';
import { type EventBatch, EventConsumers } from './event-consumers.ts';

const LogLine = z.looseObject({ msg: z.string() });

/** A run of a hub's store with one consumer, which keeps what it is given. */
async function open(
  folder: string,
  handle?: (batch: EventBatch) => Promise<void>,
  { isShared = false, clock = new ManualClock(1_000_000) } = {},
) {
  const db = openDatabase(folder);
  await migrate(db);
  const hubId = newId(HubId);
  const logged: { readonly msg: string }[] = [];
  const log = pino(
    { level: 'warn', base: null, timestamp: false },
    {
      write: (line: string) => void logged.push(LogLine.parse(JSON.parse(line))),
    },
  );
  const work = new UnitOfWork({ writer: new GroupCommit(db), clock, log, names: new ActorNames() });
  const consumers = new EventConsumers({ db, clock, log, unitOfWork: work, hubId, isShared });
  work.markFor(consumers);
  work.follow(consumers);
  const batches: EventBatch[] = [];
  consumers.register({
    name: 'test',
    wants: (_site, type) => type === 'site.changed',
    handle: async (batch) => {
      await handle?.(batch);
      batches.push(batch);
    },
  });
  const rename = (site: SiteId, name: string) =>
    work.run(({ emit }) => {
      emit({ site, type: 'site.changed', actor: HUB_ACTOR, data: { name } });
      return Promise.resolve();
    }, 'ada');
  const close = async () => {
    await consumers.close();
    await db.destroy();
  };
  const seen = () => batches.flatMap(({ events }) => events.map(({ rev }) => rev));
  return { db, hubId, clock, consumers, work, batches, rename, close, seen, logged };
}

const newSite = ({ work }: Awaited<ReturnType<typeof open>>) =>
  work.run(async ({ tx }) => (await insertSite(tx, 'Home', 0)).id, 'hub');

it('delivers to a consumer what it wants, in order, and continues after a restart', async () => {
  const folder = temporaryFolder(onTestFinished);
  const first = await open(folder);
  await first.consumers.start();
  const site = await newSite(first);
  for (let index = 1; index <= 250; index += 1) await first.rename(site, String(index));
  await until('all of them', () => (first.seen().length === 250 ? true : undefined));
  expect(first.seen()).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
  const none = [{ name: 'test', events: 0, seconds: 0 }];
  await until('no lag', async () => {
    expect(await first.consumers.lag()).toEqual(none);
    return true;
  });
  // Of what is stored now nobody hears in this run: it is over before.
  await first.consumers.close();
  await first.rename(site, 'unheard');
  await first.close();
  const second = await open(folder);
  onTestFinished(() => second.close());
  await second.consumers.start();
  await until('the one', () => (second.seen().length > 0 ? true : undefined));
  expect(second.seen()).toEqual([251]);
});

it('retries a batch that was not handled, and delays no other consumer', async () => {
  let failures = 2;
  const hub = await open(temporaryFolder(onTestFinished), () => {
    failures -= 1;
    return failures >= 0 ? Promise.reject(new Error('no')) : Promise.resolve();
  });
  onTestFinished(() => hub.close());
  const others: number[] = [];
  hub.consumers.register({
    name: 'other',
    wants: () => true,
    handle: ({ events }) => {
      others.push(...events.map(({ rev }) => rev));
      return Promise.resolve();
    },
  });
  await hub.consumers.start();
  const site = await newSite(hub);
  await hub.rename(site, 'a');
  await until('the other', () => (others.length === 1 ? true : undefined));
  await until('it, after two waits', () => {
    hub.clock.advance(10_000);
    return hub.seen().length === 1 ? true : undefined;
  });
  expect([hub.seen(), failures]).toEqual([[1], -1]);
});

it('says what it missed where that is no longer kept', async () => {
  const folder = temporaryFolder(onTestFinished);
  const first = await open(folder);
  await first.consumers.start();
  const site = await newSite(first);
  await first.rename(site, '1');
  await until('the first', () => (first.seen().length === 1 ? true : undefined));
  await first.consumers.close();
  for (const name of ['2', '3', '4']) await first.rename(site, name);
  const bounds = { beforeMs: 0, auditBeforeMs: 0, kept: 1, limit: 100 };
  await first.work.run(({ tx }) => dropOldSiteEvents(tx, site, bounds), 'hub');
  const left = await sql<{ rev: number }>`select rev from site_events`.execute(first.db);
  expect(left.rows).toEqual([{ rev: 4 }]);
  await first.close();
  const second = await open(folder);
  onTestFinished(() => second.close());
  await second.consumers.start();
  await until('what is left', () => (second.batches.length > 0 ? true : undefined));
  expect(second.batches.map(({ missed, events }) => [missed, events.length])).toEqual([
    [{ from: 2, to: 3 }, 1],
  ]);
});

it('measures how far a consumer is behind, in events and in seconds, and says so where it is far', async () => {
  const handling = { isBroken: true };
  const hub = await open(temporaryFolder(onTestFinished), () =>
    handling.isBroken ? Promise.reject(new Error('broken')) : Promise.resolve(),
  );
  onTestFinished(() => hub.close());
  await hub.consumers.start();
  const site = await newSite(hub);
  const behind = () => hub.logged.filter(({ msg }) => msg === 'consumer is behind');
  for (const name of ['a', 'b', 'c']) {
    await hub.rename(site, name);
    hub.clock.advance(10_000);
  }
  expect(await hub.consumers.lag()).toEqual([{ name: 'test', events: 3, seconds: 30 }]);
  await until('the first look at it', async () => {
    hub.clock.advance(30_000);
    await new Promise((resolve) => setImmediate(resolve));
    return behind().length > 0;
  });
  const [first] = behind();
  expect(first).toMatchObject({ consumer: 'test', events: 3 });
  handling.isBroken = false;
  await until('it has caught up', () => {
    hub.clock.advance(60_000);
    return hub.seen().length === 3;
  });
  await until('nothing waits', async () => (await hub.consumers.lag())[0]?.events === 0);
  const said = behind().length;
  hub.clock.advance(60_000);
  await until('it was looked at', () => hub.clock.pendingTimers > 0);
  hub.clock.advance(60_000);
  expect(await hub.consumers.lag()).toEqual([{ name: 'test', events: 0, seconds: 0 }]);
  expect(behind()).toHaveLength(said);
});

it('handles the events of other sites while those of one site are not handled', async () => {
  let poisoned: SiteId | undefined;
  const hub = await open(temporaryFolder(onTestFinished), ({ site }) =>
    site === poisoned ? Promise.reject(new Error('no')) : Promise.resolve(),
  );
  onTestFinished(() => hub.close());
  const [one, two, three] = [await newSite(hub), await newSite(hub), await newSite(hub)];
  poisoned = two;
  await hub.consumers.start();
  for (const site of [one, two, three]) await hub.rename(site, 'a');
  const sites = () => hub.batches.map(({ site }) => site).toSorted();
  await until('the two others', () => hub.batches.length === 2);
  expect(sites()).toEqual([one, three].toSorted());
  // Neither does what comes while the retry is still to come.
  await hub.rename(three, 'b');
  await until('one more', () => hub.batches.length === 3);
  expect(sites()).toEqual([one, three, three].toSorted());
  poisoned = undefined;
  await until('it, after a wait', () => {
    hub.clock.advance(10_000);
    return hub.batches.some(({ site }) => site === two) ? true : undefined;
  });
});

it('forgets a failing site that is no longer its work', async () => {
  const folder = temporaryFolder(onTestFinished);
  const hub = await open(folder, () => Promise.reject(new Error('no')), { isShared: true });
  onTestFinished(() => hub.close());
  await hub.consumers.start();
  const site = await newSite(hub);
  await hub.rename(site, 'a');
  await until('it failed', () => hub.logged.length === 1);
  const other = newId(HubId);
  await hub.work.run(async ({ tx }) => {
    await putHub(tx, other, 60_000);
    await sql`update event_dirty set hub_id = ${other}`.execute(tx);
  }, 'hub');
  // Only the look of every few seconds and the watch of the lag are left.
  await until('it waits for nothing', () => {
    hub.clock.advance(1_000);
    return hub.clock.pendingTimers === 2;
  });
  expect(hub.logged.filter(({ msg }) => msg.startsWith('events not'))).toHaveLength(1);
});

it('lets one hub at a time do the work in a site, and another once that hub is gone', async () => {
  const folder = temporaryFolder(onTestFinished);
  const clock = new ManualClock(1_000_000);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let begun = 0;
  const slow = async (): Promise<void> => {
    begun += 1;
    await held;
  };
  const first = await open(folder, slow, { isShared: true, clock });
  const second = await open(folder, undefined, { isShared: true, clock });
  onTestFinished(async () => {
    await first.close();
    await second.close();
  });
  for (const { hubId } of [first, second])
    await first.work.run(({ tx }) => putHub(tx, hubId, 60_000), 'hub');
  await first.consumers.start();
  const site = await newSite(first);
  const other = await newSite(first);
  await first.rename(site, 'a');
  await until('the first has it', () => begun === 1);
  await second.consumers.start();
  await second.rename(site, 'b');
  await second.rename(other, 'c');
  await until('the second does what nobody does', () => second.batches.length === 1);
  expect(second.batches.map((batch) => batch.site)).toEqual([other]);
  // Only once nobody else has it, and from the cursor on.
  await second.work.run(({ tx }) => dropHub(tx, first.hubId), 'hub');
  await until('the second has it', () => {
    clock.advance(5_000);
    return second.batches.length === 2 ? true : undefined;
  });
  expect(second.batches[1]?.events.map(({ rev }) => rev)).toEqual([1, 2]);
  // The first, which was only slow, moves nothing any more.
  await second.rename(site, 'd');
  release();
  await until('the rest', () => second.seen().includes(3));
  await until('nothing left', async () =>
    (await second.consumers.lag()).every(({ events }) => events === 0),
  );
});
