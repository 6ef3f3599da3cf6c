import type { ErrorCode } from '#protocol/errors.ts';
import type { OutboxPlace } from '#protocol/hub-link/outbox-place.ts';
import type { Epoch } from '#protocol/ids.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';

/** Sent concurrently, each over a connection of its own. */
export type SenderName = 'results' | 'events' | 'readings' | 'backlog';

export interface EventBatch {
  /** Default: results. */
  readonly sentBy?: SenderName;
  readonly epoch: Epoch;
  /** The last event that the hub has confirmed. */
  readonly settled?: OutboxPlace | undefined;
  /** At least one, and all of one clock and one run. */
  readonly events: readonly OutboxEvent[];
}

/** What the hub made of a batch. */
export type SendOutcome =
  /** Every event is settled; those it refused are not worth sending again. */
  | {
      readonly kind: 'settled';
      readonly refused: readonly { readonly seq: number; readonly code: ErrorCode }[];
    }
  /** The batch as a whole is wrong, and would be again. */
  | { readonly kind: 'wrong'; readonly code: ErrorCode }
  /**
   * Nothing is settled, but may be later. `afterMs`: requested by the hub. `isTimeout`:
   * the hub was reached, and did not answer.
   */
  | {
      readonly kind: 'later';
      readonly code: ErrorCode;
      readonly afterMs?: number;
      readonly isTimeout?: true;
    };

/** How events get to the hub: webhooks in the world, memory in tests. Never throws. */
export interface EventSender {
  readonly send: (batch: EventBatch) => Promise<SendOutcome>;
}
