import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { until } from '#platform/testing/until.ts';
import { systemClock, type Clock } from '#platform/clock.ts';
import { BaseId, HubId, newId, type SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { Sweeper } from '../../kernel/sweeper.ts';
import { markLive } from '../../store/base-connections.ts';
import { ActorNames } from '../../store/actor-names.ts';
import { findBase, insertBase } from '../../store/bases.ts';
import type { StorePlace } from '../../store/open-store.ts';
import { hubsOnRecord } from '../../store/hubs.ts';
import { siteEventsAfter, sitePosition } from '../../store/site-events.ts';
import { insertSite } from '../../store/sites.ts';
import { UnitOfWork } from '../../store/unit-of-work.ts';
import {
  openTestStore,
  temporaryPlace,
  testEngines,
  type TestEngine,
} from '../../testing/test-store.ts';
import { HubLease, LEASE_TIMES, type LeaseTimes } from '../hubs/hub-lease.ts';
import { BaseConnections } from './base-connections.ts';

const STARTED_MS = 1_000_000;
const log = pino({ level: 'silent' });

interface HubOptions {
  readonly clock?: Clock;
  readonly times?: LeaseTimes;
}

/** What a hub has of leases and connections, begun on a store. */
async function beginHub(place: StorePlace, options: HubOptions = {}) {
  const store = await openTestStore(place);
  const { db } = store;
  const { clock = new ManualClock(STARTED_MS), times = LEASE_TIMES } = options;
  const unitOfWork = new UnitOfWork({ ...store, clock, log, names: new ActorNames() });
  const isShared = place.database !== undefined;
  const lease = new HubLease({ hubId: newId(HubId), db, unitOfWork, clock, log, isShared, times });
  const sweeper = new Sweeper({ clock, log });
  onTestFinished(() => sweeper.close());
  const shares = { accountOf: (id: BaseId) => Promise.resolve(id) };
  const connections = new BaseConnections({
    ...{ db, unitOfWork, shares, lease, sweeper, clock, log },
  });
  lease.hold(connections);
  let isBegun = false;
  const begun = lease.begin().finally(() => (isBegun = true));
  await until('begun, also where it has to wait for others by its clock', () => {
    if (!isBegun && clock instanceof ManualClock && clock.pendingTimers > 0) {
      clock.advance(times.renewEveryMs);
    }
    return isBegun;
  });
  await begun;
  sweeper.start(() => connections.sweep());
  const presenceOf = async (id: BaseId) => {
    const base = await findBase(db, id);
    return base && { ...base.presence, lastSeenAtMs: base.lastSeenAtMs };
  };
  return { clock, db, unitOfWork, lease, connections, presenceOf };
}
type BegunHub = Awaited<ReturnType<typeof beginHub>>;

async function newBase({ unitOfWork }: BegunHub): Promise<{ id: BaseId; siteId: SiteId }> {
  const id = newId(BaseId);
  const siteId = await unitOfWork.run(async ({ tx }) => {
    const site = await insertSite(tx, 'Home', 0);
    const base = { id, siteId: site.id, name: 'Attic', version: '1', publicKey: 'k' };
    await insertBase(tx, { ...base, createdAtMs: 5 });
    return site.id;
  }, 'test');
  return { id, siteId };
}

/** The presences that were published. */
async function published({ db }: BegunHub, site: SiteId): Promise<unknown[]> {
  const position = await sitePosition(db, site);
  if (!position) return [];
  const range = { after: 0, upTo: position.rev, limit: 100 };
  const { events } = await siteEventsAfter(db, { site, epoch: position.epoch }, range);
  return events.map(({ data }) => ('state' in data ? data.state : undefined));
}

async function arrange(engine: TestEngine) {
  const clock = new ManualClock(STARTED_MS);
  const hub = await beginHub(await temporaryPlace(engine), { clock });
  const base = await newBase(hub);
  const settle = () => hub.connections.sweep();
  return { ...hub, hub, clock, settle, ...base };
}

describe.each(testEngines())('the connection of a base, on %s', (engine) => {
  it('is unknown until the base has had one', async () => {
    const { presenceOf, id } = await arrange(engine);
    expect(await presenceOf(id)).toEqual({ state: 'unknown', sinceMs: 5, lastSeenAtMs: null });
  });

  it('publishes nothing for a base that is back within the debounce', async () => {
    const { hub, clock, connections, settle, presenceOf, id, siteId } = await arrange(engine);
    await connections.joined(id, 'first');
    clock.advance(1_000);
    for (let count = 0; count < 3; count += 1) {
      await connections.left(id, count === 0 ? 'first' : `connection ${count}`);
      clock.advance(LIMITS.presenceDebounceMs - 1);
      await settle();
      await connections.joined(id, `connection ${count + 1}`);
    }
    clock.advance(60_000);
    await settle();
    expect(await published(hub, siteId)).toEqual(['online']);
    expect(await presenceOf(id)).toMatchObject({ state: 'online', sinceMs: STARTED_MS });
  });

  it('marks a base offline after the debounce, since the moment it left', async () => {
    const { hub, clock, connections, settle, presenceOf, id, siteId } = await arrange(engine);
    await connections.joined(id, 'first');
    clock.advance(1_000);
    await connections.left(id, 'first');
    clock.advance(LIMITS.presenceDebounceMs - 1);
    await settle();
    expect(await presenceOf(id)).toMatchObject({ state: 'online' });
    clock.advance(1);
    await settle();
    const leftMs = STARTED_MS + 1_000;
    expect(await presenceOf(id)).toEqual({
      state: 'offline',
      sinceMs: leftMs,
      lastSeenAtMs: leftMs,
    });
    expect(await published(hub, siteId)).toEqual(['online', 'offline']);
  });

  it('is not ended by the end of an earlier one', async () => {
    const { db, clock, connections, settle, id } = await arrange(engine);
    await connections.joined(id, 'first');
    await connections.joined(id, 'second');
    await connections.left(id, 'first');
    clock.advance(60_000);
    await settle();
    expect(await connections.isOnline(db, id)).toBe(true);
  });
});

describe.runIf(testEngines().includes('postgres'))('connections at several hubs', () => {
  const QUICK: LeaseTimes = { leaseMs: 400, renewEveryMs: 50 };

  it('says whose connection a new one replaces', async () => {
    const place = await temporaryPlace('postgres');
    const [one, two] = [await beginHub(place), await beginHub(place)];
    const { id } = await newBase(one);
    const takenOver: unknown[] = [];
    for (const { connections } of [one, two])
      connections.onTakeover((baseId, before) => takenOver.push([baseId, before]));
    await one.connections.joined(id, 'at one');
    expect(takenOver).toEqual([]);
    await two.connections.joined(id, 'at two');
    await two.connections.joined(id, 'again at two');
    expect(takenOver).toEqual([[id, { connection: 'at one', hubId: one.lease.id }]]);
    await one.connections.left(id, 'at one');
    expect(await one.connections.isOnline(one.db, id)).toBe(true);
  });

  it('keeps the connections of living hubs when another starts, and forgets all at the first', async () => {
    const place = await temporaryPlace('postgres');
    const one = await beginHub(place, { clock: systemClock, times: QUICK });
    const { id } = await newBase(one);
    one.lease.start();
    await one.connections.joined(id, 'at one');
    await one.unitOfWork.run(({ tx }) => markLive(tx, id, 'at one'), 'test');
    const two = await beginHub(place, { clock: systemClock, times: QUICK });
    expect(await two.connections.isOnline(two.db, id)).toBe(true);
    expect(await two.presenceOf(id)).toMatchObject({ state: 'online' });
    await one.lease.close();
    await two.lease.close();
    const three = await beginHub(place);
    expect(await three.connections.isOnline(three.db, id)).toBe(false);
    expect(await three.presenceOf(id)).toMatchObject({ state: 'unknown', sinceMs: STARTED_MS });
    await three.lease.close();
  });

  it('ends those of a hub that stopped renewing, which begins again when it is back', async () => {
    const place = await temporaryPlace('postgres');
    const living = await beginHub(place, { clock: systemClock, times: QUICK });
    // Its clock stands still, as of a process that is stopped: it does not renew.
    const clock = new ManualClock(STARTED_MS);
    const stopped = await beginHub(place, { clock, times: QUICK });
    let lapses = 0;
    stopped.lease.onLapse(() => (lapses += 1));
    const { id } = await newBase(living);
    await stopped.connections.joined(id, 'at the stopped one');
    stopped.lease.start();
    living.lease.start();
    onTestFinished(() => living.lease.close());
    onTestFinished(() => stopped.lease.close());
    const connection = async () => (await findBase(living.db, id))?.connection;
    await until('ended', async () => (await connection()) === undefined);
    expect(living.lease.peers).toEqual([]);
    await until('begun again', () => {
      clock.advance(QUICK.renewEveryMs);
      return lapses > 0;
    });
    await until('known again', () => living.lease.peers.includes(stopped.lease.id));
  });

  /** Two hubs, and a connection at the second; until they renew by their clocks, both are late. */
  async function arrangeOutage() {
    const place = await temporaryPlace('postgres');
    const clocks = [new ManualClock(STARTED_MS), new ManualClock(STARTED_MS)] as const;
    const [first, second] = [
      await beginHub(place, { clock: clocks[0], times: QUICK }),
      await beginHub(place, { clock: clocks[1], times: QUICK }),
    ];
    let lapses = 0;
    second.lease.onLapse(() => (lapses += 1));
    const { id } = await newBase(first);
    await second.connections.joined(id, 'at the second');
    for (const { lease } of [first, second]) {
      lease.start();
      onTestFinished(() => lease.close());
    }
    const idle = async (clock: ManualClock) =>
      await until('renewed', () => (clock.pendingTimers > 0 ? true : undefined));
    for (const clock of clocks) await idle(clock);
    await until('both are late', async () =>
      (await hubsOnRecord(first.db)).every(({ leftMs }) => leftMs < 0) ? true : undefined,
    );
    const renew = async (at: 0 | 1) => {
      clocks[at].advance(QUICK.renewEveryMs);
      await idle(clocks[at]);
    };
    const connection = async () => (await findBase(first.db, id))?.connection?.connection;
    return { place, clocks, renew, connection, lapses: () => lapses };
  }

  it('keeps those of hubs that were cut from the database as long as itself', async () => {
    const { renew, connection, clocks, lapses } = await arrangeOutage();
    // It was away for longer than a lease.
    clocks[0].advance(2 * QUICK.leaseMs);
    await renew(0);
    await renew(1);
    await renew(0);
    expect([await connection(), lapses()]).toEqual(['at the second', 0]);
  });

  it('keeps them too where it has just been started', async () => {
    const { place, renew, connection, lapses } = await arrangeOutage();
    const patient: LeaseTimes = { ...QUICK, leaseMs: 15_000 };
    let isBegun = false;
    const begun = beginHub(place, { clock: systemClock, times: patient }).finally(
      () => (isBegun = true),
    );
    await until('begun', async () => {
      await renew(0);
      await renew(1);
      return isBegun;
    });
    const third = await begun;
    expect([await connection(), lapses()]).toEqual(['at the second', 0]);
    expect(third.lease.beganAlone).toBe(false);
  });
});
