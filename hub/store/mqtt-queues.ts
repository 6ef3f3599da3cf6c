import { type Qos } from '../kernel/mqtt-message.ts';
import { sql } from 'kysely';
import type { HubId, SiteId } from '#protocol/ids.ts';
import { engineOf, listOf } from './engine/adapter.ts';
import { prepared } from './engine/prepared.ts';
import { messageOf, type MessageRecord, qosOf } from './mqtt-messages.ts';
import type { Db, Tx } from './schema.ts';

/** A message in the queue of a session. */
export interface QueuedKey {
  readonly sessionKey: number;
  readonly site: SiteId;
  readonly seq: number;
}

export interface QueuedRow extends QueuedKey {
  readonly qos: Qos;
  readonly retain: boolean;
  readonly prefix: string;
  readonly identifiers: readonly number[];
  readonly bytes: number;
}

export interface QueuedMessage extends QueuedRow {
  readonly message: MessageRecord;
  readonly isReleased: boolean;
  readonly mayBeSent: boolean;
}

const roomMade = prepared<{
  readonly key: number;
  readonly count: number;
  readonly bytes: number;
}>()((db, slot) =>
  db
    .updateTable('mqtt_sessions')
    .set({
      queued: sql<number>`queued + ${slot('count')}`,
      queued_bytes: sql<number>`queued_bytes + ${slot('bytes')}`,
    })
    .where('key', '=', slot('key'))
    .returning(['queued', 'queued_bytes', 'hub_id']),
);

export interface QueueSize {
  readonly queued: number;
  readonly bytes: number;
  readonly hubId: HubId | null;
}

/** Counts what is about to be queued; undefined: there is no such session. */
export async function growQueue(
  tx: Tx,
  key: number,
  by: { readonly count: number; readonly bytes: number },
): Promise<QueueSize | undefined> {
  const row = await roomMade.first(tx, { key, ...by });
  return row && { queued: row.queued, bytes: row.queued_bytes, hubId: row.hub_id };
}

const COLUMNS = {
  session_key: 'bigint',
  site_id: 'text',
  seq: 'bigint',
  qos: 'bigint',
  may_be_sent: 'bigint',
  retain: 'bigint',
  prefix: 'text',
  identifiers: 'text',
  bytes: 'bigint',
} as const;

const inserted = prepared<Readonly<Record<string, unknown>>>()((db, slot) => ({
  compile: () =>
    sql`
    insert into mqtt_queue (session_key, site_id, seq, qos, is_released, may_be_sent, retain,
      prefix, identifiers, bytes)
    select session_key, site_id, seq, qos, 0, may_be_sent, retain, prefix, identifiers, bytes
    from ${engineOf(db).dialect.list(COLUMNS, slot)} as fresh where true`.compile(db),
}));

export async function insertQueued(
  tx: Tx,
  rows: readonly (QueuedRow & { readonly mayBeSent: boolean })[],
): Promise<void> {
  if (rows.length === 0) return;
  const packed = rows.map((row) => [
    ...[row.sessionKey, row.site, row.seq, row.qos, Number(row.mayBeSent), Number(row.retain)],
    ...[row.prefix, row.identifiers.join(), row.bytes],
  ]);
  await inserted.run(tx, engineOf(tx).dialect.packed(COLUMNS, packed));
}

/** Of these messages, those that wait for the session already. */
export async function queuedAmong(
  tx: Tx,
  sessionKey: number,
  { site, seqs }: { readonly site: SiteId; readonly seqs: readonly number[] },
): Promise<ReadonlySet<number>> {
  if (seqs.length === 0) return new Set();
  const rows = await tx
    .selectFrom('mqtt_queue')
    .select('seq')
    .where('session_key', '=', sessionKey)
    .where('site_id', '=', site)
    .where('seq', 'in', seqs)
    .execute();
  return new Set(rows.map(({ seq }) => seq));
}

/** Drops the oldest until the queue has room again; what the client already has stays. */
export async function dropOldest(
  tx: Tx,
  key: number,
  over: { readonly count: number; readonly bytes: number },
): Promise<QueuedKey[]> {
  const dropped: QueuedKey[] = [];
  let { count, bytes } = over;
  let freed = 0;
  const rows = await tx
    .selectFrom('mqtt_queue')
    .select(['site_id', 'seq', 'bytes'])
    .where('session_key', '=', key)
    .where('is_released', '=', 0)
    .orderBy('session_key')
    .orderBy('site_id')
    .orderBy('seq')
    .execute();
  for (const row of rows) {
    if (count <= 0 && bytes <= 0) break;
    count -= 1;
    bytes -= row.bytes;
    freed += row.bytes;
    dropped.push({ sessionKey: key, site: row.site_id, seq: row.seq });
  }
  await deleteRows(tx, dropped);
  await tx
    .updateTable('mqtt_sessions')
    .set({
      queued: sql<number>`queued - ${dropped.length}`,
      queued_bytes: sql<number>`queued_bytes - ${freed}`,
      dropped: sql<number>`dropped + ${dropped.length}`,
    })
    .where('key', '=', key)
    .execute();
  return dropped;
}

const KEY_COLUMNS = { session_key: 'bigint', site_id: 'text', seq: 'bigint' } as const;

async function deleteRows(
  tx: Tx,
  keys: readonly QueuedKey[],
): Promise<readonly { readonly session_key: number; readonly bytes: number }[]> {
  if (keys.length === 0) return [];
  const rows = keys.map(({ sessionKey, site, seq }) => [sessionKey, site, seq]);
  const gone = listOf(engineOf(tx).dialect, KEY_COLUMNS, rows);
  const result = await sql<{ session_key: number; bytes: number }>`
    delete from mqtt_queue where (session_key, site_id, seq) in
      (select session_key, site_id, seq from ${gone} as gone)
    returning session_key, bytes`.execute(tx);
  return result.rows;
}

/** Sessions before their queues, as whoever publishes does, so that neither waits for the other. */
async function lockSessions(tx: Tx, keys: readonly number[]): Promise<void> {
  if (engineOf(tx).engine === 'sqlite') return;
  await tx
    .selectFrom('mqtt_sessions')
    .select('key')
    .where('key', 'in', keys)
    .orderBy('key')
    .forUpdate()
    .execute();
}

/** The clients have them. */
export async function removeQueued(tx: Tx, keys: readonly QueuedKey[]): Promise<void> {
  if (keys.length === 0) return;
  await lockSessions(tx, [...new Set(keys.map(({ sessionKey }) => sessionKey))]);
  const bySession = new Map<number, { count: number; bytes: number }>();
  for (const { session_key: key, bytes } of await deleteRows(tx, keys)) {
    const sum = bySession.get(key) ?? { count: 0, bytes: 0 };
    bySession.set(key, { count: sum.count + 1, bytes: sum.bytes + bytes });
  }
  const sums = [...bySession].toSorted(([one], [other]) => one - other);
  for (const [key, { count, bytes }] of sums) {
    await growQueue(tx, key, { count: -count, bytes: -bytes });
  }
}

/** The client has this message of QoS 2, and knows it by its packet id. */
export async function releaseQueued(tx: Tx, key: QueuedKey): Promise<void> {
  await tx
    .updateTable('mqtt_queue')
    .set({ is_released: 1 })
    .where('session_key', '=', key.sessionKey)
    .where('site_id', '=', key.site)
    .where('seq', '=', key.seq)
    .execute();
}

/** All that waits for a session, in order. */
export async function queueOf(db: Db, sessionKey: number): Promise<QueuedMessage[]> {
  const rows = await db
    .selectFrom('mqtt_queue as queue')
    .innerJoin('mqtt_messages as message', (join) =>
      join.onRef('message.site_id', '=', 'queue.site_id').onRef('message.seq', '=', 'queue.seq'),
    )
    .selectAll('message')
    .select([
      ...(['queue.session_key as for_key', 'queue.qos as queue_qos', 'queue.retain'] as const),
      ...(['queue.prefix', 'queue.identifiers', 'queue.bytes', 'queue.is_released'] as const),
      'queue.may_be_sent',
    ])
    .where('queue.session_key', '=', sessionKey)
    .orderBy('queue.session_key')
    .orderBy('queue.site_id')
    .orderBy('queue.seq')
    .execute();
  return rows.map((row) => ({
    sessionKey: row.for_key,
    site: row.site_id,
    seq: row.seq,
    qos: qosOf(row.queue_qos),
    retain: row.retain === 1,
    prefix: row.prefix,
    identifiers: identifiersOf(row.identifiers),
    bytes: row.bytes,
    isReleased: row.is_released === 1,
    mayBeSent: row.may_be_sent === 1,
    message: messageOf(row),
  }));
}

export function identifiersOf(text: string): number[] {
  return text === '' ? [] : text.split(',').map(Number);
}

/** Whatever waits for a session may have been sent from here on. */
export async function markMayBeSent(tx: Tx, sessionKey: number): Promise<void> {
  await tx
    .updateTable('mqtt_queue')
    .set({ may_be_sent: 1 })
    .where('session_key', '=', sessionKey)
    .where('may_be_sent', '=', 0)
    .execute();
}

export async function receivedOf(db: Db, sessionKey: number): Promise<number[]> {
  const rows = await db
    .selectFrom('mqtt_received')
    .select('packet_id')
    .where('session_key', '=', sessionKey)
    .execute();
  return rows.map((row) => row.packet_id);
}

export async function insertReceived(tx: Tx, key: number, packetId: number): Promise<void> {
  await tx
    .insertInto('mqtt_received')
    .values({ session_key: key, packet_id: packetId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function removeReceived(tx: Tx, key: number, packetId: number): Promise<void> {
  await tx
    .deleteFrom('mqtt_received')
    .where('session_key', '=', key)
    .where('packet_id', '=', packetId)
    .execute();
}
