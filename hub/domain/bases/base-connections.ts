import type { Logger } from 'pino';
import type { BaseId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock } from '#platform/clock.ts';
import {
  endConnection,
  forgetConnections,
  isBaseOnline,
  onlineBasesOf,
  putConnection,
} from '../../store/base-connections.ts';
import { WRITERS } from '../../store/writers.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import type { Db } from '../../store/schema.ts';
import type { BaseShares } from './base-shares.ts';

export interface BaseConnectionsDeps {
  readonly unitOfWork: UnitOfWork;
  readonly shares: BaseShares;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Connected bases as rows, so that a transaction can depend on them, and not only in
 * one process.
 */
export class BaseConnections {
  readonly #deps: BaseConnectionsDeps;

  constructor(deps: BaseConnectionsDeps) {
    this.#deps = deps;
  }

  /** Before any base connects: the rows are of an earlier run of the hub. */
  async begin(): Promise<void> {
    await this.#deps.unitOfWork.run(({ tx }) => forgetConnections(tx), WRITERS.hub);
  }

  /** @param connection names it among all that there ever were. */
  async joined(baseId: BaseId, connection: string): Promise<void> {
    const account = await this.#deps.shares.accountOf(baseId);
    await this.#deps.unitOfWork.run(({ tx }) => putConnection(tx, baseId, connection), account);
  }

  /** Never fails: a connection that stays on record by mistake costs only certainty. */
  async left(baseId: BaseId, connection: string): Promise<void> {
    const { unitOfWork, shares, clock, log } = this.#deps;
    const atMs = clock.nowMs();
    try {
      const account = await shares.accountOf(baseId);
      await unitOfWork.run(({ tx }) => endConnection(tx, baseId, { connection, atMs }), account);
    } catch (error) {
      log.warn({ err: error, baseId }, 'end of connection not stored');
    }
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
}
