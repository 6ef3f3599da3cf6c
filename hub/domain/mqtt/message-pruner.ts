import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import { dropExpiredRetained, dropOldMessages } from '../../store/mqtt-pruning.ts';
import { PiecewiseRemoval } from '../../store/piecewise-removal.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';

export interface MessagePrunerDeps {
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const PIECE = 500;
const IDLE_MS = 600_000;

/** Removes messages that wait for no session and are too old, or too many, to be read. */
export function messagePruner({ unitOfWork, clock, log }: MessagePrunerDeps): PiecewiseRemoval {
  const { messagesKeptMs, messagesPerSite: perSite } = MQTT_LIMITS;
  return new PiecewiseRemoval({
    clock,
    log,
    what: 'MQTT messages',
    idleMs: IDLE_MS,
    removePiece: async () => {
      const nowMs = clock.nowMs();
      const [messages, retained] = await unitOfWork.run(
        async ({ tx }) => [
          await dropOldMessages(tx, { beforeMs: nowMs - messagesKeptMs, perSite, limit: PIECE }),
          await dropExpiredRetained(tx, { nowMs, limit: PIECE }),
        ],
        WRITERS.hub,
      );
      return messages === PIECE || retained === PIECE;
    },
  });
}
