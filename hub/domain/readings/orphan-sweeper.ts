import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import { type GroupCommit, WRITERS } from '../../store/engine/sqlite/group-commit.ts';
import { PiecewiseRemoval } from '../../store/piecewise-removal.ts';
import { dropOrphans } from '../../store/readings.ts';

const PIECE = 5_000;
const IDLE_MS = 10 * 60_000;

/** Takes the readings of removed units away. */
export function orphanSweeper(deps: {
  readonly writer: GroupCommit;
  readonly clock: Clock;
  readonly log: Logger;
}): PiecewiseRemoval {
  const { writer, clock, log } = deps;
  return new PiecewiseRemoval({
    clock,
    log,
    what: 'orphaned readings',
    idleMs: IDLE_MS,
    removePiece: async () => (await writer.run((tx) => dropOrphans(tx, PIECE), WRITERS.hub)) > 0,
  });
}
