import { LIMITS } from '#protocol/limits.ts';
import type { OutboxEvent } from '../store/outbox/outbox-event.ts';

export function bytesOf(events: readonly OutboxEvent[]): number {
  return events.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0);
}

/** How many of the first events fit into one batch, which has one clock and one run; always one, where there is one. */
export function countOfBatch(events: readonly OutboxEvent[], maxBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (const { json, clock, run } of events) {
    if (clock !== events[0]?.clock || run !== events[0].run) break;
    bytes += Buffer.byteLength(json) + 1;
    if (count > 0 && (bytes > maxBytes || count >= LIMITS.webhookBatchEvents)) break;
    count += 1;
  }
  return count;
}
