import { sql } from 'kysely';
import type { HubId, SiteId } from '#protocol/ids.ts';
import { type MessageDraft, MessageProperties, QOS, type Qos } from '../kernel/mqtt-message.ts';
import { engineOf } from './engine/adapter.ts';
import { prepared } from './engine/prepared.ts';
import { jsonColumnOr } from './json-column.ts';
import type { Tx } from './schema.ts';
import type { MqttMessagesTable } from './schema/mqtt.ts';

/** A message, wherever it is kept. */
export interface MessageRecord extends MessageDraft {
  readonly site: SiteId;
  /** Its place among those of the site; 0: it was not stored. */
  readonly seq: number;
  readonly storedAtMs: number;
}

/** What a message costs whoever keeps it. */
export function messageBytes({ topic, payload, properties }: MessageDraft): number {
  return topic.length + payload.length + (properties ? JSON.stringify(properties).length : 0);
}

/** Where the messages of a site are, locked by this transaction. */
export interface MqttPlace {
  /** Of the last message. */
  readonly seq: number;
  readonly subscriptionsRev: number;
}

const placeClaimed = prepared<{ readonly site: SiteId; readonly count: number }>()((db, slot) =>
  db
    .insertInto('mqtt_sites')
    .values({ site_id: slot('site'), seq: slot('count'), subscriptions_rev: 0, floor: 0 })
    .onConflict((conflict) =>
      conflict
        .column('site_id')
        .doUpdateSet({ seq: sql<number>`mqtt_sites.seq + ${slot('count')}` }),
    )
    .returning(['seq', 'subscriptions_rev']),
);

/**
 * Numbers for so many messages, the last of which is returned. Until the transaction ends,
 * nobody else publishes or subscribes in the site: no lower number can appear later.
 */
export async function claimMessages(tx: Tx, site: SiteId, count: number): Promise<MqttPlace> {
  const row = await placeClaimed.first(tx, { site, count });
  return { seq: row?.seq ?? 0, subscriptionsRev: row?.subscriptions_rev ?? 0 };
}

/** The same, for whoever changes subscriptions of the site that are kept. */
export async function raiseSubscriptions(tx: Tx, site: SiteId): Promise<MqttPlace> {
  await claimMessages(tx, site, 0);
  const row = await tx
    .updateTable('mqtt_sites')
    .set({ subscriptions_rev: sql<number>`subscriptions_rev + 1` })
    .where('site_id', '=', site)
    .returning(['seq', 'subscriptions_rev'])
    .executeTakeFirstOrThrow();
  return { seq: row.seq, subscriptionsRev: row.subscriptions_rev };
}

const inserted = prepared<MqttMessagesTable>()((db, slot) =>
  db.insertInto('mqtt_messages').values({
    site_id: slot('site_id'),
    seq: slot('seq'),
    hub_id: slot('hub_id'),
    session_key: slot('session_key'),
    author: slot('author'),
    topic: slot('topic'),
    payload: slot('payload'),
    qos: slot('qos'),
    is_retained: slot('is_retained'),
    properties: slot('properties'),
    stored_at: slot('stored_at'),
    expires_at: slot('expires_at'),
  }),
);

export async function insertMessages(
  tx: Tx,
  messages: readonly MessageRecord[],
  hubId: HubId,
): Promise<void> {
  const rows = messages.map((message) => rowOf(message, hubId));
  if (rows.length === 0) return;
  if (engineOf(tx).engine === 'sqlite') {
    for (const row of rows) await inserted.run(tx, row);
  } else {
    await tx.insertInto('mqtt_messages').values(rows).execute();
  }
}

/**
 * Retained messages that are to wait in a queue: some are so old that they are kept for their
 * own sake no more.
 */
export async function insertAgain(
  tx: Tx,
  messages: readonly MessageRecord[],
  hubId: HubId,
): Promise<void> {
  if (messages.length === 0) return;
  await tx
    .insertInto('mqtt_messages')
    .values(messages.map((message) => rowOf(message, hubId)))
    .onConflict((conflict) => conflict.columns(['site_id', 'seq']).doNothing())
    .execute();
}

function rowOf(message: MessageRecord, hubId: HubId): MqttMessagesTable {
  return {
    site_id: message.site,
    seq: message.seq,
    hub_id: hubId,
    session_key: message.sessionKey,
    author: message.author,
    topic: message.topic,
    payload: message.payload,
    qos: message.qos,
    is_retained: Number(message.isRetained),
    properties: propertiesText(message.properties),
    stored_at: message.storedAtMs,
    expires_at: message.expiresAtMs,
  };
}

export function propertiesText(properties: MessageProperties | null): string | null {
  return properties === null ? null : JSON.stringify(properties);
}

/** What can no longer be read is left out: the message itself is worth more. */
export function propertiesOf(text: string | null): MessageProperties | null {
  return text === null ? null : jsonColumnOr(MessageProperties, text, null);
}

export function qosOf(value: number): Qos {
  const [qos] = Object.values(QOS).filter((one) => one === value);
  return qos ?? QOS.atMostOnce;
}

export function messageOf(
  row: Omit<MqttMessagesTable, 'hub_id'> | MqttMessagesTable,
): MessageRecord {
  return {
    site: row.site_id,
    seq: row.seq,
    sessionKey: row.session_key,
    author: row.author,
    topic: row.topic,
    payload: row.payload,
    qos: qosOf(row.qos),
    isRetained: row.is_retained === 1,
    properties: propertiesOf(row.properties),
    storedAtMs: row.stored_at,
    expiresAtMs: row.expires_at,
  };
}
