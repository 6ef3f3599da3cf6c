import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import { PiecewiseRemoval } from '../../store/piecewise-removal.ts';
import { dropOrphans } from '../../store/orphaned-readings.ts';

const PIECE = 5_000;
const IDLE_MS = 10 * 60_000;

/** Deletes the readings of removed units. */
export function orphanSweeper(deps: {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
}): PiecewiseRemoval {
  const { unitOfWork, clock, log } = deps;
  return new PiecewiseRemoval({
    clock,
    log,
    what: 'orphaned readings',
    idleMs: IDLE_MS,
    removePiece: async () =>
      (await unitOfWork.run(({ tx }) => dropOrphans(tx, PIECE), WRITERS.hub)) > 0,
  });
}
