import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import { dropOldCommands } from '../../store/commands.ts';
import { bringProofsBack } from '../../store/future-rows.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import { PiecewiseRemoval } from '../../store/piecewise-removal.ts';

export interface CommandPrunerDeps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
  readonly areAgesCertain: () => boolean;
}

/** Well above the longest time to live and the time of a long retry: until then a repeat is known. */
export const COMMANDS_KEPT_MS = 30 * 86_400_000;

const PIECE = 200;
const IDLE_MS = 3_600_000;

/**
 * Removes commands that ended long ago, and grants that a clock that was ahead made
 * valid for too long.
 */
export function commandPruner({
  unitOfWork,
  clock,
  log,
  areAgesCertain,
}: CommandPrunerDeps): PiecewiseRemoval {
  return new PiecewiseRemoval({
    clock,
    log,
    what: 'ended commands',
    idleMs: IDLE_MS,
    removePiece: async () => {
      if (!areAgesCertain()) return false;
      await unitOfWork.run(({ tx }) => bringProofsBack(tx, clock.nowMs()), WRITERS.hub);
      const beforeMs = clock.nowMs() - COMMANDS_KEPT_MS;
      const removed = await unitOfWork.run(
        ({ tx }) => dropOldCommands(tx, { beforeMs, limit: PIECE }),
        WRITERS.hub,
      );
      return removed === PIECE;
    },
  });
}
