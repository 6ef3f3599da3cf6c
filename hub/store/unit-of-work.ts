import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { AccountEvent } from '#protocol/events/account-event.ts';
import type { Actor } from '#protocol/events/actor.ts';
import type { SiteEvent, SiteEventType } from '#protocol/events/site-event.ts';
import type { LogEntryBody } from '#protocol/hub-link/base-log.ts';
import type { SitePart } from '#protocol/hub-link/site-channel.ts';
import type { BaseId, DeviceId, SiteId, UnitId } from '#protocol/ids.ts';
import {
  type LivePart,
  NOTHING_STORED,
  type Outcome,
  type OutcomeFollower,
  type StoredEntry,
  mergedOutcome,
} from '../kernel/outcome.ts';
import { type AccountEventDraft, appendAccountEvent } from './account-events.ts';
import type { ActorNames } from './actor-names.ts';
import { appendToLog } from './base-log.ts';
import { markDirty } from './event-cursors.ts';
import { hold, type Held } from './holds.ts';
import { inSavepoint } from './engine/savepoint.ts';
import type { Writer } from './engine/writer.ts';
import type { Tx } from './schema.ts';
import { type HourMark, markDirtyHours } from './dirty-hours.ts';
import { insertReadingPosition, type PositionedReadings } from './reading-positions.ts';
import {
  type ReadingsPlace,
  type SiteEventDraft,
  appendSiteEvents,
  raiseReadings,
} from './site-events.ts';

/** What a unit of work may do: write, and say what follows once that is on the disk. */
export interface Work {
  readonly tx: Tx;
  /** Locks it from here on, before reading what a decision is based on. */
  readonly hold: (held: Held) => Promise<void>;
  /** Stored in this transaction, in the order of the calls. */
  readonly emit: (event: SiteEventDraft) => void;
  readonly emitForAccount: (event: AccountEventDraft) => void;
  /** Adds an entry to the log of a base; it is sent after the commit. */
  readonly appendToBaseLog: (base: LoggedBase, body: LogEntryBody) => Promise<AppendedEntry>;
  /** There is something to do for a device: the hub that has its connection looks. */
  readonly wakeDevice: (id: DeviceId) => void;
  /** Sent to those who watch the site, after the commit; not stored. */
  readonly live: (siteId: SiteId, part: SitePart) => void;
  /**
   * However often its values or desired values change in one transaction, they are published
   * once.
   */
  readonly valuesChanged: (siteId: SiteId, id: UnitId) => void;
  /** Where this transaction stores readings of the site. */
  readonly readingsPlace: (siteId: SiteId) => Promise<ReadingsPlace>;
  /** Readings of the site are stored: whoever follows it reads them in this order. */
  readonly readingsStored: (siteId: SiteId, readings: PositionedReadings) => void;
  /** Readings of this hour are stored: its roll-ups will be made anew. */
  readonly hourChanged: (mark: HourMark) => void;
  /**
   * Called after the commit, for what exists only in this process: sweepers, waiters, caches,
   * the log. A crash loses the call, so nothing that others rely on may depend on it.
   */
  readonly wake: (call: () => void) => void;
  /** Rolled back alone if it throws, with everything emitted in it. */
  readonly part: <T>(run: () => Promise<T>) => Promise<T>;
  /** An actor, with its display name. */
  readonly named: (actor: Actor) => Promise<Actor>;
}

export interface LoggedBase {
  readonly key: number;
  readonly id: BaseId;
  /** Up to here it is known to have its log. */
  readonly ackedSeq?: number;
}

export interface AppendedEntry {
  readonly seq: number;
  /** The base is connected and up to date: from this transaction on, it may have the entry. */
  readonly isLive: boolean;
}

/** Which consumers want an event of this type in this site. */
export interface EventInterests {
  readonly of: (siteId: SiteId, type: SiteEventType) => readonly string[];
}

export interface UnitOfWorkDeps {
  readonly writer: Writer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly names: ActorNames;
}

/** How often a function is run again after a conflict with another transaction. */
const MAX_RERUNS = 3;

/**
 * The only way to write. The function awaits only the database and has no effect outside the
 * transaction: it may be run again after a conflict. What it emits is stored with what it
 * writes; what follows happens here, once it is on the disk.
 */
export class UnitOfWork {
  readonly #deps: UnitOfWorkDeps;
  /** Outcomes of the last commit that the followers have not been given yet. */
  #committed: Collected[] = [];

  /** In the order in which they are called. */
  readonly #followers: OutcomeFollower[] = [];
  readonly #ownFollowers: OutcomeFollower[] = [];
  readonly #interests: EventInterests[] = [];

  constructor(deps: UnitOfWorkDeps) {
    this.#deps = deps;
  }

  /** Before the start: is called for each commit from now on, after the present followers. */
  follow(follower: OutcomeFollower): void {
    this.#followers.push(follower);
  }

  /** Before the start: hears of each commit made here, after all others. */
  followOwn(follower: OutcomeFollower): void {
    this.#ownFollowers.push(follower);
  }

  /** What another hub has stored: for those who follow whatever is stored. */
  readonly publishRemote = (outcome: Outcome): void => this.#publishTo(this.#followers, outcome);

  /** Before the start: each transaction marks the consumers that its events concern. */
  markFor(interests: EventInterests): void {
    this.#interests.push(interests);
  }

  /**
   * @param by the account that this is done for, or the site if any of its owners may do it;
   * writers take turns.
   * @throws AppError `overloaded` when too many jobs wait, most of them this writer's
   */
  async run<T>(run: (work: Work) => Promise<T>, by: string): Promise<T> {
    for (let rerun = 0; ; rerun += 1) {
      try {
        return (await this.#once(run, by)).result;
      } catch (error) {
        if (rerun >= MAX_RERUNS || !isConflict(error)) throw error;
      }
    }
  }

  /** If the transaction failed, nothing is left here either. */
  async #once<T>(
    run: (work: Work) => Promise<T>,
    by: string,
  ): Promise<{ readonly result: T; readonly collected: Collected }> {
    return await this.#deps.writer.run(
      async (tx) => {
        const collected = new Collected(tx, this.#deps.names);
        const result = await run(collected.work);
        await collected.store(this.#deps.clock, this.#interests);
        return { result, collected };
      },
      by,
      ({ collected }) => this.#gather(collected),
    );
  }

  /**
   * Followers are called once for everything committed together, before any of the callers
   * continues: so it costs each follower one message.
   */
  #gather(collected: Collected): void {
    this.#committed.push(collected);
    if (this.#committed.length > 1) return;
    queueMicrotask(() => {
      const all = this.#committed;
      this.#committed = [];
      this.#publish(mergedOutcome(all.map((one) => one.outcome())));
      for (const { wakes } of all) for (const call of wakes) this.#guarded(call);
    });
  }

  /** Sent to those who watch the site, and not stored. */
  show(siteId: SiteId, part: SitePart): void {
    this.#publish({ ...NOTHING_STORED, live: [{ siteId, part }] });
  }

  #publish(outcome: Outcome): void {
    this.#publishTo([...this.#followers, ...this.#ownFollowers], outcome);
  }

  #publishTo(followers: readonly OutcomeFollower[], outcome: Outcome): void {
    for (const follower of followers) {
      this.#guarded(() => follower.committed(outcome));
    }
  }

  #guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#deps.log.error({ err: error }, 'after-commit action failed');
    }
  }
}

/**
 * SQLite: busy. PostgreSQL: a serialization failure, a deadlock, and a key that another
 * transaction inserted first.
 */
const CONFLICTS: ReadonlySet<unknown> = new Set([
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT',
  '40001',
  '40P01',
  '23505',
]);

/** Another transaction interfered. */
function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CONFLICTS.has(error.code);
}

/** What one run of a function emitted. */
class Collected {
  readonly #tx: Tx;
  readonly #names: ActorNames;
  readonly #drafts: SiteEventDraft[] = [];
  readonly #accountDrafts: AccountEventDraft[] = [];
  readonly #entries: { readonly baseId: BaseId; readonly stored: StoredEntry }[] = [];
  readonly #devices: DeviceId[] = [];
  readonly #live: LivePart[] = [];
  readonly #values: (readonly [UnitId, SiteId])[] = [];
  readonly #readings: (readonly [SiteId, ReadingsPlace])[] = [];
  readonly #stored: (readonly [SiteId, PositionedReadings])[] = [];
  readonly #hours: HourMark[] = [];
  readonly #wakes: (() => void)[] = [];
  readonly #events: SiteEvent[] = [];
  readonly #accountEvents: AccountEvent[] = [];
  readonly #dirty = new Set<string>();
  readonly work: Work;

  constructor(tx: Tx, names: ActorNames) {
    this.#tx = tx;
    this.#names = names;
    this.work = {
      tx,
      hold: (held) => hold(tx, held),
      emit: (event) => void this.#drafts.push(event),
      emitForAccount: (event) => void this.#accountDrafts.push(event),
      appendToBaseLog: (base, body) => this.#append(base, body),
      wakeDevice: (id) => void this.#devices.push(id),
      live: (siteId, part) => void this.#live.push({ siteId, part }),
      valuesChanged: (siteId, id) => void this.#values.push([id, siteId]),
      readingsPlace: (siteId) => this.#readingsPlace(siteId),
      readingsStored: (siteId, readings) => void this.#stored.push([siteId, readings]),
      hourChanged: (mark) => void this.#hours.push(mark),
      wake: (call) => void this.#wakes.push(call),
      part: (run) => this.#part(run),
      named: (actor) => names.named(tx, actor),
    };
  }

  get wakes(): readonly (() => void)[] {
    return this.#wakes;
  }

  /** Stores what was emitted, and marks the consumers that want it. */
  async store(clock: Clock, interests: readonly EventInterests[]): Promise<void> {
    const nowMs = clock.nowMs();
    await markDirtyHours(this.#tx, this.#hours);
    for (const [site, { position }] of this.#readings) {
      const stored = this.#stored.filter(([of]) => of === site).map(([, readings]) => readings);
      await insertReadingPosition(this.#tx, { site, position, nowMs }, stored);
    }
    for (const [site, drafts] of bySite(this.#drafts)) {
      const named: SiteEventDraft[] = [];
      for (const draft of drafts) {
        named.push({ ...draft, actor: await this.#names.named(this.#tx, draft.actor) });
      }
      this.#events.push(...(await appendSiteEvents(this.#tx, site, { drafts: named, nowMs })));
      const concerned = drafts.flatMap(({ type }) =>
        interests.flatMap((one) => one.of(site, type)),
      );
      for (const consumer of new Set(concerned)) {
        await markDirty(this.#tx, consumer, site);
        this.#dirty.add(consumer);
      }
    }
    for (const draft of this.#accountDrafts) {
      const actor = await this.#names.named(this.#tx, draft.actor);
      this.#accountEvents.push(await appendAccountEvent(this.#tx, { ...draft, actor }, nowMs));
    }
  }

  outcome(): Outcome {
    const entries = new Map<BaseId, StoredEntry[]>();
    for (const { baseId, stored } of this.#entries) {
      const ofBase = entries.get(baseId);
      if (ofBase) ofBase.push(stored);
      else entries.set(baseId, [stored]);
    }
    return {
      events: this.#events,
      accountEvents: this.#accountEvents,
      entries,
      dirty: this.#dirty,
      devices: new Set(this.#devices),
      live: this.#live,
      changedValues: new Map(this.#values),
      readings: new Map(this.#readings.map(([site, { position }]) => [site, position])),
    };
  }

  async #append(base: LoggedBase, body: LogEntryBody): Promise<AppendedEntry> {
    const { ackedSeq = 0 } = base;
    const reference = { ...referenceOf(body), ackedSeq };
    const { liveOn, ...position } = await appendToLog(this.#tx, base.key, reference);
    const stored = { entry: { ...position, ...body }, liveOn };
    this.#entries.push({ baseId: base.id, stored });
    return { seq: position.seq, isLive: liveOn !== null };
  }

  async #readingsPlace(siteId: SiteId): Promise<ReadingsPlace> {
    const known = this.#readings.find(([site]) => site === siteId);
    if (known) return known[1];
    const place = await raiseReadings(this.#tx, siteId);
    this.#readings.push([siteId, place]);
    return place;
  }

  async #part<T>(run: () => Promise<T>): Promise<T> {
    const lists = [
      this.#drafts,
      this.#accountDrafts,
      this.#entries,
      this.#devices,
      this.#live,
      this.#values,
      this.#readings,
      this.#stored,
      this.#hours,
      this.#wakes,
    ];
    const lengths = lists.map(({ length }) => length);
    try {
      return await inSavepoint(this.#tx, run);
    } catch (error) {
      for (const [index, list] of lists.entries()) list.length = lengths[index] ?? 0;
      throw error;
    }
  }
}

/** In the order in which the sites were first named. */
function bySite(drafts: readonly SiteEventDraft[]): Map<SiteId, SiteEventDraft[]> {
  const sites = new Map<SiteId, SiteEventDraft[]>();
  for (const draft of drafts) {
    const ofSite = sites.get(draft.site);
    if (ofSite) ofSite.push(draft);
    else sites.set(draft.site, [draft]);
  }
  return sites;
}

/** What the log stores of an entry; its body is made again when it is sent later. */
function referenceOf(body: LogEntryBody): Parameters<typeof appendToLog>[2] {
  switch (body.type) {
    case 'command.issued':
      return { type: body.type, commandId: body.data.id };
    case 'command.cancelled':
      return { type: body.type, commandId: body.data.commandId };
    case 'units.assigned': {
      const there = body.data.units.map(({ unitId }) => unitId);
      return { type: body.type, unitIds: [...there, ...body.data.removed] };
    }
    default:
      return body satisfies never;
  }
}
