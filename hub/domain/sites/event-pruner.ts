import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import { WRITERS } from '../../store/writers.ts';
import { dropOldAccountEvents, dropOldSiteEvents, sitesByEvents } from '../../store/old-events.ts';
import { dropOldReadingPositions } from '../../store/reading-positions.ts';
import { PiecewiseRemoval } from '../../store/piecewise-removal.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';

export interface EventPrunerDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly areAgesCertain: () => boolean;
}

/** What can be resumed after, and what serves as audit. */
const EVENTS_KEPT_MS = 7 * 86_400_000;
const AUDIT_KEPT_MS = 365 * 86_400_000;
/** Per site; older ones are deleted whatever their age. */
const EVENTS_KEPT = 100_000;

/** How long the order of readings is kept, for those who follow them; the readings stay. */
const ORDER_KEPT_MS = 86_400_000;
const POSITIONS_KEPT = 100_000;

const PIECE = 500;
const IDLE_MS = 3_600_000;

/** Deletes events that are too old, or beyond the limit of a site or account. */
export function eventPruner(deps: EventPrunerDeps): PiecewiseRemoval {
  const { db, unitOfWork, clock, log, areAgesCertain } = deps;
  /** Sites that are still to be looked at in this round. */
  let left: Awaited<ReturnType<typeof sitesByEvents>> = [];
  return new PiecewiseRemoval({
    clock,
    log,
    what: 'events',
    idleMs: IDLE_MS,
    removePiece: async () => {
      if (!areAgesCertain()) return false;
      const nowMs = clock.nowMs();
      if (left.length === 0) {
        const beforeMs = nowMs - AUDIT_KEPT_MS;
        await unitOfWork.run(
          ({ tx }) => dropOldAccountEvents(tx, { beforeMs, limit: PIECE }),
          WRITERS.hub,
        );
        left = await sitesByEvents(db);
      }
      const site = left.pop();
      if (site === undefined) return false;
      const bounds = {
        beforeMs: nowMs - EVENTS_KEPT_MS,
        auditBeforeMs: nowMs - AUDIT_KEPT_MS,
        kept: EVENTS_KEPT,
        limit: PIECE,
      };
      const isMore = await unitOfWork.run(async ({ tx, hold }) => {
        await hold({ site });
        const order = { beforeMs: nowMs - ORDER_KEPT_MS, kept: POSITIONS_KEPT, limit: PIECE };
        const isMoreOrder = await dropOldReadingPositions(tx, site, order);
        return (await dropOldSiteEvents(tx, site, bounds)) || isMoreOrder;
      }, WRITERS.hub);
      if (isMore) left.push(site);
      return left.length > 0;
    },
  });
}
