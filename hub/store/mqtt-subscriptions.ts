import { type Qos } from '../kernel/mqtt-message.ts';
import type { HubId, SiteId } from '#protocol/ids.ts';
import { qosOf } from './mqtt-messages.ts';
import type { Db, Tx } from './schema.ts';
import type { MqttSubscriptionsTable } from './schema/mqtt.ts';

/** What a session gets of the messages of a site. */
export interface SubscriptionRecord {
  readonly sessionKey: number;
  /** As the client wrote it, with its share. */
  readonly name: string;
  readonly site: SiteId;
  /** The filter within the site. */
  readonly topic: string;
  /** What the client left away in front of it. */
  readonly prefix: string;
  /** Null: not shared. */
  readonly share: string | null;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0: none. */
  readonly identifier: number;
}

/**
 * @param isRetainedDue retained messages are still to be put into the queue of the session.
 * @returns whether there was none of this name.
 */
export async function putSubscription(
  tx: Tx,
  record: SubscriptionRecord,
  { isRetainedDue }: { readonly isRetainedDue: boolean },
): Promise<boolean> {
  const isNew = !(await removeSubscription(tx, record.sessionKey, record.name));
  await tx
    .insertInto('mqtt_subscriptions')
    .values({
      session_key: record.sessionKey,
      filter: record.name,
      site_id: record.site,
      topic: record.topic,
      prefix: record.prefix,
      share: record.share,
      qos: record.qos,
      no_local: Number(record.noLocal),
      retain_as_published: Number(record.retainAsPublished),
      identifier: record.identifier,
      retained_after: isRetainedDue ? '' : null,
    })
    .execute();
  return isNew;
}

export async function removeSubscription(tx: Tx, key: number, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('mqtt_subscriptions')
    .where('session_key', '=', key)
    .where('filter', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function subscriptionsOf(db: Db, key: number): Promise<SubscriptionRecord[]> {
  const rows = await db
    .selectFrom('mqtt_subscriptions')
    .selectAll()
    .where('session_key', '=', key)
    .execute();
  return rows.map(recordOf);
}

/** Those of a session that were not given all retained messages, and after which topic they go on. */
export async function subscriptionsWithRetainedDue(
  db: Db,
  key: number,
): Promise<{ readonly subscription: SubscriptionRecord; readonly after: string }[]> {
  const rows = await db
    .selectFrom('mqtt_subscriptions')
    .selectAll()
    .where('session_key', '=', key)
    .where('retained_after', 'is not', null)
    .orderBy('filter')
    .execute();
  return rows.map((row) => ({ subscription: recordOf(row), after: row.retained_after ?? '' }));
}

/** @param after null: it was given all of them. */
export async function moveRetained(
  tx: Tx,
  { sessionKey, name }: Pick<SubscriptionRecord, 'sessionKey' | 'name'>,
  after: string | null,
): Promise<void> {
  await tx
    .updateTable('mqtt_subscriptions')
    .set({ retained_after: after })
    .where('session_key', '=', sessionKey)
    .where('filter', '=', name)
    .execute();
}

/** All that are kept, of all sessions. */
export async function subscriptionsAt(db: Db, site: SiteId): Promise<SubscriptionRecord[]> {
  const rows = await db
    .selectFrom('mqtt_subscriptions')
    .selectAll()
    .where('site_id', '=', site)
    .orderBy('session_key')
    .orderBy('filter')
    .execute();
  return rows.map(recordOf);
}

/** Those of the sessions that have a connection, at whichever hub. */
export async function connectedAmong(
  db: Db,
  keys: readonly number[],
): Promise<ReadonlyMap<number, HubId>> {
  if (keys.length === 0) return new Map();
  const rows = await db
    .selectFrom('mqtt_sessions')
    .select(['key', 'hub_id'])
    .where('key', 'in', keys)
    .where('hub_id', 'is not', null)
    .execute();
  return new Map(rows.flatMap(({ key, hub_id }) => (hub_id === null ? [] : [[key, hub_id]])));
}

function recordOf(row: MqttSubscriptionsTable): SubscriptionRecord {
  return {
    sessionKey: row.session_key,
    name: row.filter,
    site: row.site_id,
    topic: row.topic,
    prefix: row.prefix,
    share: row.share,
    qos: qosOf(row.qos),
    noLocal: row.no_local === 1,
    retainAsPublished: row.retain_as_published === 1,
    identifier: row.identifier,
  };
}
