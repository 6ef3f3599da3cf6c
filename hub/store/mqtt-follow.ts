import type { HubId, SiteId } from '#protocol/ids.ts';
import { inChunks } from '#platform/in-chunks.ts';
import { messageOf, type MessageRecord, qosOf } from './mqtt-messages.ts';
import { identifiersOf, type QueuedRow } from './mqtt-queues.ts';
import type { SessionPlace } from './mqtt-sessions.ts';
import type { Db } from './schema.ts';

/** What one list of values may hold. */
const CHUNK = 1_000;

/** The last message of each of these sites; sites without any are left out. */
export async function lastMessages(
  db: Db,
  sites: readonly SiteId[],
): Promise<ReadonlyMap<SiteId, number>> {
  const last = new Map<SiteId, number>();
  for (const some of inChunks(sites, CHUNK)) {
    const rows = await db
      .selectFrom('mqtt_sites')
      .select(['site_id', 'seq'])
      .where('site_id', 'in', some)
      .execute();
    for (const { site_id: site, seq } of rows) last.set(site, seq);
  }
  return last;
}

export interface MessageRange {
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
  /** Whose sessions the rows are of. */
  readonly hubId: HubId;
}

/** Messages of a site in order, with what waits of them for the sessions of one hub. */
export async function messagesBetween(
  db: Db,
  site: SiteId,
  { after, upTo, limit, hubId }: MessageRange,
): Promise<{ readonly messages: readonly MessageRecord[]; readonly rows: readonly QueuedRow[] }> {
  const messages = await db
    .selectFrom('mqtt_messages')
    .selectAll()
    .where('site_id', '=', site)
    .where('seq', '>', after)
    .where('seq', '<=', upTo)
    .orderBy('seq')
    .limit(limit)
    .execute();
  const last = messages.at(-1);
  if (!last) return { messages: [], rows: [] };
  const rows = await db
    .selectFrom('mqtt_queue as queue')
    .innerJoin('mqtt_sessions as session', 'session.key', 'queue.session_key')
    .selectAll('queue')
    .where('queue.site_id', '=', site)
    .where('queue.seq', '>', after)
    .where('queue.seq', '<=', last.seq)
    .where('session.hub_id', '=', hubId)
    .orderBy('queue.seq')
    .execute();
  return {
    messages: messages.map(messageOf),
    rows: rows.map((row) => ({
      sessionKey: row.session_key,
      site: row.site_id,
      seq: row.seq,
      qos: qosOf(row.qos),
      retain: row.retain === 1,
      prefix: row.prefix,
      identifiers: identifiersOf(row.identifiers),
      bytes: row.bytes,
    })),
  };
}

/** Those of these connections whose sessions have another one, or are gone. */
export async function replacedPlaces(
  db: Db,
  places: readonly SessionPlace[],
): Promise<SessionPlace[]> {
  const replaced: SessionPlace[] = [];
  for (const some of inChunks(places, CHUNK)) {
    const rows = await db
      .selectFrom('mqtt_sessions')
      .select(['key', 'generation'])
      .where(
        'key',
        'in',
        some.map(({ key }) => key),
      )
      .where('hub_id', 'is not', null)
      .execute();
    const generations = new Map(rows.map(({ key, generation }) => [key, generation]));
    replaced.push(...some.filter(({ key, generation }) => generations.get(key) !== generation));
  }
  return replaced;
}
