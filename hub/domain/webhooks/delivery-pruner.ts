import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { WebhookId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { PiecewiseRemoval } from '../../store/piecewise-removal.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { dropOldDeliveries, dropOldMessages, webhookIds } from '../../store/webhook-pruning.ts';
import { WRITERS } from '../../store/writers.ts';

export interface DeliveryPrunerDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly areAgesCertain: () => boolean;
}

const PIECE = 500;
const IDLE_MS = 600_000;

/** Removes what has ended and is too old, or beyond what is kept of one webhook. */
export function deliveryPruner(deps: DeliveryPrunerDeps): PiecewiseRemoval {
  const { db, unitOfWork, clock, log, areAgesCertain } = deps;
  /** Webhooks that are still to be looked at in this round. */
  let left: WebhookId[] = [];
  return new PiecewiseRemoval({
    clock,
    log,
    what: 'webhook deliveries',
    idleMs: IDLE_MS,
    removePiece: async () => {
      if (!areAgesCertain()) return false;
      const beforeMs = clock.nowMs() - LIMITS.webhookKeptMs;
      const bounds = { beforeMs, perWebhook: LIMITS.webhookDeliveriesKept, limit: PIECE };
      const id = left.pop();
      if (id === undefined) {
        const count = await unitOfWork.run(({ tx }) => dropOldMessages(tx, bounds), WRITERS.hub);
        if (count === PIECE) return true;
        left = await webhookIds(db);
        return left.length > 0;
      }
      const count = await unitOfWork.run(
        ({ tx }) => dropOldDeliveries(tx, id, bounds),
        WRITERS.hub,
      );
      if (count === PIECE) left.push(id);
      return left.length > 0;
    },
  });
}
