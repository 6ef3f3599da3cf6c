import {
  dropOldest,
  growQueue,
  insertQueued,
  type QueuedKey,
  type QueuedRow,
} from '../../store/mqtt-queues.ts';
import type { Tx } from '../../store/schema.ts';
import { MQTT_LIMITS } from './mqtt-limits.ts';

/**
 * Adds messages to the queue of a session that is kept; the oldest make room. Of a session that
 * is connected they may be sent at once, before that could be stored: so they count as sent.
 *
 * @returns what was dropped. Nothing is stored for a session that is not there any more.
 */
export async function enqueueKept(
  tx: Tx,
  sessionKey: number,
  rows: readonly QueuedRow[],
): Promise<readonly QueuedKey[]> {
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  const size = await growQueue(tx, sessionKey, { count: rows.length, bytes });
  if (!size) return [];
  await insertQueued(
    tx,
    rows.map((row) => ({ ...row, mayBeSent: size.hubId !== null })),
  );
  const { queuedMessages, queuedBytes } = MQTT_LIMITS;
  const over = { count: size.queued - queuedMessages, bytes: size.bytes - queuedBytes };
  return over.count > 0 || over.bytes > 0 ? await dropOldest(tx, sessionKey, over) : [];
}
