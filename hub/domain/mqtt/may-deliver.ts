import type { TopicGrant } from '../../kernel/topic-rights.ts';
import type { Delivery } from './delivery.ts';

/** Whether a message may still be sent, and is still of use. */
export function mayDeliver(
  grant: TopicGrant,
  { message, prefix }: Delivery,
  nowMs: number,
): boolean {
  const { site, topic, expiresAtMs } = message;
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return false;
  return grant.mayReceive({ site, topic, prefix });
}
