import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { SiteId } from '#protocol/ids.ts';
import { PiecewiseRemoval } from '../../store/piecewise-removal.ts';
import { dropReadingPartitions, hasPartitions } from '../../store/reading-partitions.ts';
import {
  dropReadingsBefore,
  dropRollUpsBefore,
  isRolledUpBefore,
  lowestRawFloor,
  propertyKeysOf,
  raiseFloors,
  type RetentionFloors,
  retentionOf,
  sitesWithRetention,
} from '../../store/reading-retention.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import { floorsOf } from './retention-floors.ts';

export interface RetentionSweeperDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly areAgesCertain: () => boolean;
}

/** Rows in one transaction. */
const PIECE = 2_000;
const IDLE_MS = 3_600_000;
const WEEK_MS = 7 * 86_400_000;

type Task =
  { readonly siteId: SiteId } | { readonly propertyKey: number; readonly before: RetentionFloors };

/**
 * Deletes what sites no longer keep: first a site's floors are raised, from when on nothing
 * before them is read and what comes for it only joins the roll-ups; then rows go, in pieces.
 * On PostgreSQL partitions go as a whole when no site needs them; rows of sites that keep less
 * than others go before.
 */
export class RetentionSweep {
  readonly #deps: RetentionSweeperDeps;
  /** What is still to be looked at in this round. */
  #left: Task[] = [];

  constructor(deps: RetentionSweeperDeps) {
    this.#deps = deps;
  }

  /** One piece; whether there may be more. */
  async runPiece(): Promise<boolean> {
    const { db, areAgesCertain } = this.#deps;
    if (!areAgesCertain()) return false;
    if (this.#left.length === 0) {
      this.#left = (await sitesWithRetention(db)).map((siteId) => ({ siteId }));
      await this.#dropPartitions();
    }
    const task = this.#left.pop();
    if (!task) return false;
    if ('siteId' in task) await this.#beginSite(task.siteId);
    else if (await this.#dropRows(task)) this.#left.push(task);
    return this.#left.length > 0;
  }

  async #beginSite(siteId: SiteId): Promise<void> {
    const { db, unitOfWork, clock } = this.#deps;
    const nowMs = clock.nowMs();
    await unitOfWork.run(async ({ tx, hold }) => {
      await hold({ site: siteId });
      const known = await retentionOf(tx, siteId);
      if (!known) return;
      const floors = floorsOf(known.days, nowMs);
      // What is not in the roll-ups yet stays until it is.
      const mayDrop = await isRolledUpBefore(tx, siteId, floors.rawMs);
      await raiseFloors(tx, siteId, mayDrop ? floors : { ...floors, rawMs: 0 });
    }, WRITERS.hub);
    const known = await retentionOf(db, siteId);
    if (!known) return;
    const before = { ...known.floors, rawMs: await this.#rowsBefore(known.floors.rawMs) };
    if (before.rawMs + before.minuteMs + before.hourMs === 0) return;
    for (const propertyKey of await propertyKeysOf(db, siteId)) {
      this.#left.push({ propertyKey, before });
    }
  }

  /** Before when readings are deleted row by row: none whose partition will go within a week. */
  async #rowsBefore(rawMs: number): Promise<number> {
    const { db } = this.#deps;
    if (!hasPartitions(db)) return rawMs;
    const lowestMs = await lowestRawFloor(db);
    return rawMs - lowestMs >= WEEK_MS ? rawMs : 0;
  }

  async #dropRows({ propertyKey, before }: Extract<Task, { propertyKey: number }>) {
    const { rawMs, minuteMs, hourMs } = before;
    return await this.#deps.unitOfWork.run(async ({ tx }) => {
      let limit = PIECE;
      const of = (beforeMs: number) => ({ propertyKey, beforeMs, limit });
      limit -= await dropReadingsBefore(tx, of(rawMs));
      if (limit > 0) limit -= await dropRollUpsBefore(tx, 'reading_minutes', of(minuteMs));
      if (limit > 0) limit -= await dropRollUpsBefore(tx, 'reading_hours', of(hourMs));
      return limit <= 0;
    }, WRITERS.hub);
  }

  async #dropPartitions(): Promise<void> {
    const { db, unitOfWork, log } = this.#deps;
    if (!hasPartitions(db)) return;
    const dropped = await unitOfWork.run(async ({ tx, hold }) => {
      await hold('hub');
      return await dropReadingPartitions(tx, await lowestRawFloor(tx));
    }, WRITERS.hub);
    if (dropped.length > 0) log.info({ partitions: dropped }, 'partitions dropped');
  }
}

export function retentionSweeper(
  deps: RetentionSweeperDeps,
  sweep: RetentionSweep,
): PiecewiseRemoval {
  const { clock, log } = deps;
  return new PiecewiseRemoval({
    ...{ clock, log, what: 'readings', idleMs: IDLE_MS },
    removePiece: () => sweep.runPiece(),
  });
}
