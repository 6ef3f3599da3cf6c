import type { Logger } from 'pino';
import { HUB_ACTOR } from '#protocol/events/actor.ts';
import type { BaseId, HubId, SiteId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import type { Sweeper } from '../../kernel/sweeper.ts';
import {
  type BaseConnection,
  endConnection,
  endOrphanedConnections,
  forgetConnections,
  isBaseOnline,
  leavingBases,
  onlineBasesOf,
  putConnection,
} from '../../store/base-connections.ts';
import { type BaseRecord, findBase, putPresence } from '../../store/bases.ts';
import { heldWithSites } from '../../store/holds.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import type { LeaseHolder } from '../hubs/hub-lease.ts';
import type { BaseShares } from './base-shares.ts';

export interface BaseConnectionsDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly shares: Pick<BaseShares, 'accountOf'>;
  readonly lease: { readonly id: HubId };
  /** Wakes when a base is to be marked offline. */
  readonly sweeper: Pick<Sweeper, 'expect'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Bases that are marked offline in one transaction. */
const SWEEP_SIZE = 100;

/**
 * Connections and presence of bases as rows, so that a transaction can depend on them, at
 * whichever hub. A base that returns within the debounce was never away.
 */
export class BaseConnections implements LeaseHolder {
  readonly #deps: BaseConnectionsDeps;

  #takenOver: ((baseId: BaseId, before: BaseConnection) => void) | undefined;

  constructor(deps: BaseConnectionsDeps) {
    this.#deps = deps;
  }

  /** Before the start: called when a base of another hub has a connection here. */
  onTakeover(listener: (baseId: BaseId, before: BaseConnection) => void): void {
    this.#takenOver = listener;
  }

  readonly beganAlone = ({ tx }: Work): Promise<void> =>
    forgetConnections(tx, this.#deps.clock.nowMs());

  readonly hubsGone = (work: Work): Promise<void> => {
    const { clock, sweeper } = this.#deps;
    const nowMs = clock.nowMs();
    work.wake(() => sweeper.expect(nowMs + LIMITS.presenceDebounceMs));
    return endOrphanedConnections(work.tx, nowMs);
  };

  /**
   * @param connection names it among all that there ever were.
   * @throws AppError when it is not stored: then it counts for nothing.
   */
  async joined(baseId: BaseId, connection: string): Promise<void> {
    const { unitOfWork, shares, lease } = this.#deps;
    const account = await shares.accountOf(baseId);
    await unitOfWork.run(async (work) => {
      await work.hold({ siteOf: baseId });
      const base = await findBase(work.tx, baseId);
      if (!base || base.isRemoved) return;
      await putConnection(work.tx, baseId, { connection, hubId: lease.id });
      if (base.presence.state !== 'online') {
        const nowMs = this.#deps.clock.nowMs();
        await this.#changePresence(work, base, { state: 'online', sinceMs: nowMs });
      }
      const { connection: before } = base;
      if (before && before.hubId !== lease.id) {
        work.wake(() => this.#takenOver?.(baseId, before));
      }
    }, account);
  }

  /** Never fails: a connection that stays on record by mistake costs only certainty. */
  async left(baseId: BaseId, connection: string): Promise<void> {
    const { unitOfWork, shares, clock, sweeper, log } = this.#deps;
    const atMs = clock.nowMs();
    try {
      const account = await shares.accountOf(baseId);
      await unitOfWork.run(async ({ tx, wake }) => {
        await endConnection(tx, baseId, { connection, atMs });
        wake(() => sweeper.expect(atMs + LIMITS.presenceDebounceMs));
      }, account);
    } catch (error) {
      log.warn({ err: error, baseId }, 'end of connection not stored');
    }
  }

  /** Marks bases offline that did not reconnect in time; returns when the next may be due. */
  async sweep(): Promise<number | undefined> {
    const { db, unitOfWork, clock } = this.#deps;
    const leftUpToMs = clock.nowMs() - LIMITS.presenceDebounceMs;
    const count = await unitOfWork.run(async (work) => {
      const leaving = await heldWithSites(work.tx, () =>
        leavingBases(work.tx, { leftUpToMs, limit: SWEEP_SIZE }),
      );
      for (const { id, leftAtMs } of leaving) {
        const base = await findBase(work.tx, id);
        if (base) await this.#changePresence(work, base, { state: 'offline', sinceMs: leftAtMs });
      }
      return leaving.length;
    }, WRITERS.hub);
    if (count === SWEEP_SIZE) return clock.nowMs();
    const [next] = await leavingBases(db, { leftUpToMs: Number.MAX_SAFE_INTEGER, limit: 1 });
    return next && next.leftAtMs + LIMITS.presenceDebounceMs;
  }

  /** The online bases of a site. */
  async onlineOf(db: Db, siteId: SiteId): Promise<ReadonlySet<BaseId>> {
    const leftAfterMs = this.#deps.clock.nowMs() - LIMITS.presenceDebounceMs;
    return await onlineBasesOf(db, siteId, { leftAfterMs });
  }

  /** Whether it is online; a base that returns within the debounce was never away. */
  async isOnline(db: Db, baseId: BaseId): Promise<boolean> {
    const leftAfterMs = this.#deps.clock.nowMs() - LIMITS.presenceDebounceMs;
    return await isBaseOnline(db, baseId, { leftAfterMs });
  }

  async #changePresence(
    { tx, emit, wake }: Work,
    base: BaseRecord,
    { state, sinceMs }: { readonly state: 'online' | 'offline'; readonly sinceMs: number },
  ): Promise<void> {
    const { id: baseId, name: baseName, siteId } = base;
    await putPresence(tx, baseId, { state, sinceMs, lastSeenAtMs: sinceMs });
    const actor = state === 'online' ? ({ kind: 'base', id: baseId } as const) : HUB_ACTOR;
    const data = { baseId, baseName, state, since: toInstant(sinceMs) };
    emit({ site: siteId, type: 'base.presence_changed', actor, data });
    wake(() => this.#deps.log.info({ baseId, state }, 'base presence changed'));
  }
}
