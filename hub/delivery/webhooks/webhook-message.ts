import { createHash } from 'node:crypto';
import type { SiteEvent } from '#protocol/events/site-event.ts';
import { MISSED_MESSAGE } from '#protocol/http/webhooks.ts';
import { MessageId, type SiteId, uuidV7From } from '#protocol/ids.ts';
import { fromInstant, toInstant } from '#protocol/json.ts';
import type { MessageRecord } from '../../store/webhook-deliveries.ts';

const RANDOM_BYTES = 10;

/** An event as it is sent. Whoever makes it, at whichever hub, makes the same. */
export function eventMessage(event: SiteEvent): MessageRecord {
  const { site, epoch, rev, type, v, at, actor, data } = event;
  const atMs = fromInstant(at);
  return {
    id: messageIdOf(atMs, `${site}/${epoch}/${rev}`),
    siteId: site,
    type,
    unitId: 'unitId' in data ? data.unitId : null,
    createdAtMs: atMs,
    body: JSON.stringify({ type, timestamp: at, data, site, epoch, rev, v, actor }),
  };
}

/** Events that are no longer kept. */
export function missedMessage(
  site: SiteId,
  missed: { readonly from: number; readonly to: number },
  nowMs: number,
): MessageRecord {
  const type = MISSED_MESSAGE;
  const { from, to } = missed;
  return {
    id: messageIdOf(nowMs, `${site}/missed/${from}/${to}`),
    ...{ siteId: site, type, unitId: null, createdAtMs: nowMs },
    body: JSON.stringify({ type, timestamp: toInstant(nowMs), data: { from, to }, site }),
  };
}

function messageIdOf(atMs: number, name: string): MessageId {
  const digest = createHash('sha256').update(name).digest();
  return MessageId.parse(uuidV7From(atMs, digest.subarray(0, RANDOM_BYTES)));
}
