import { sql } from 'kysely';
import type { SiteId } from '#protocol/ids.ts';
import { prepared } from './engine/prepared.ts';
import { type MessageRecord, propertiesOf, propertiesText, qosOf } from './mqtt-messages.ts';
import type { Db, Tx } from './schema.ts';
import type { MqttRetainedTable } from './schema/mqtt.ts';

const put = prepared<MqttRetainedTable>()((db, slot) =>
  db
    .insertInto('mqtt_retained')
    .values({
      site_id: slot('site_id'),
      topic: slot('topic'),
      seq: slot('seq'),
      author: slot('author'),
      payload: slot('payload'),
      qos: slot('qos'),
      properties: slot('properties'),
      stored_at: slot('stored_at'),
      expires_at: slot('expires_at'),
    })
    .onConflict((conflict) =>
      conflict.columns(['site_id', 'topic']).doUpdateSet((row) => ({
        seq: row.ref('excluded.seq'),
        author: row.ref('excluded.author'),
        payload: row.ref('excluded.payload'),
        qos: row.ref('excluded.qos'),
        properties: row.ref('excluded.properties'),
        stored_at: row.ref('excluded.stored_at'),
        expires_at: row.ref('excluded.expires_at'),
      })),
    ),
);

/** Becomes the retained message of its topic, or with an empty payload removes that. */
export async function retain(tx: Tx, message: MessageRecord): Promise<void> {
  const { site, topic } = message;
  if (message.payload.length === 0) {
    await tx
      .deleteFrom('mqtt_retained')
      .where('site_id', '=', site)
      .where('topic', '=', topic)
      .execute();
    return;
  }
  await put.run(tx, {
    site_id: site,
    topic,
    seq: message.seq,
    author: message.author,
    payload: message.payload,
    qos: message.qos,
    properties: propertiesText(message.properties),
    stored_at: message.storedAtMs,
    expires_at: message.expiresAtMs,
  });
}

export async function isRetainedAt(db: Db, site: SiteId, topic: string): Promise<boolean> {
  const row = await db
    .selectFrom('mqtt_retained')
    .select('seq')
    .where('site_id', '=', site)
    .where('topic', '=', topic)
    .executeTakeFirst();
  return row !== undefined;
}

export async function countRetained(db: Db, site: SiteId): Promise<number> {
  const { count } = await db
    .selectFrom('mqtt_retained')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('site_id', '=', site)
    .executeTakeFirstOrThrow();
  return count;
}

/** Retained messages whose topic begins like this, in the order of their topics. */
export async function retainedFrom(
  db: Db,
  site: SiteId,
  from: {
    readonly start: string;
    readonly after: string;
    readonly limit: number;
    readonly nowMs: number;
  },
): Promise<MessageRecord[]> {
  const rows = await db
    .selectFrom('mqtt_retained')
    .selectAll()
    .where('site_id', '=', site)
    .where('topic', '>', from.after)
    .where(sql<boolean>`substr(topic, 1, ${from.start.length}) = ${from.start}`)
    .where('topic', '>=', from.start)
    .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', from.nowMs)]))
    .orderBy('topic')
    .limit(from.limit)
    .execute();
  return rows.map((row) => ({
    site: row.site_id,
    seq: row.seq,
    sessionKey: null,
    author: row.author,
    topic: row.topic,
    payload: row.payload,
    qos: qosOf(row.qos),
    isRetained: true,
    properties: propertiesOf(row.properties),
    storedAtMs: row.stored_at,
    expiresAtMs: row.expires_at,
  }));
}
