import { sql } from 'kysely';
import type { DeviceId, HubId, SiteId } from '#protocol/ids.ts';
import { type SessionName, Will } from '../kernel/mqtt-message.ts';
import { deviceSubject } from '../kernel/subject.ts';
import { engineOf } from './engine/adapter.ts';
import { jsonColumnOr } from './json-column.ts';
import type { Db, Tx } from './schema.ts';
import { raiseSubscriptions } from './mqtt-messages.ts';

/** One connection of a session, among all that it ever had. */
export interface SessionPlace {
  readonly key: number;
  readonly generation: number;
}

export interface SessionRecord extends SessionPlace, SessionName {
  readonly hubId: HubId | null;
  readonly expiryMs: number;
  readonly expiresAtMs: number | null;
  readonly will: Will | null;
  readonly willDelayMs: number;
}

const COLUMNS = [
  ...(['key', 'generation', 'identity', 'client_id', 'hub_id', 'expiry_ms'] as const),
  ...(['expires_at', 'will', 'will_delay_ms'] as const),
] as const;

/** A session, locked by this transaction. */
export async function claimSession(tx: Tx, name: SessionName): Promise<SessionRecord | undefined> {
  const query = tx
    .selectFrom('mqtt_sessions')
    .select(COLUMNS)
    .where('identity', '=', name.identity)
    .where('client_id', '=', name.clientId);
  const row = await (
    engineOf(tx).engine === 'sqlite' ? query : query.forUpdate()
  ).executeTakeFirst();
  return row && recordOf(row);
}

export async function countSessions(db: Db, identity: string): Promise<number> {
  const { count } = await db
    .selectFrom('mqtt_sessions')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('identity', '=', identity)
    .executeTakeFirstOrThrow();
  return count;
}

/** Those of these devices that are connected, at any hub. */
export async function connectedDevices(
  db: Db,
  ids: readonly DeviceId[],
): Promise<ReadonlySet<DeviceId>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('mqtt_sessions')
    .select('identity')
    .where('hub_id', 'is not', null)
    .where(
      'identity',
      'in',
      ids.map((id) => deviceSubject(id)),
    )
    .execute();
  const connected = new Set(rows.map(({ identity }) => identity));
  return new Set(ids.filter((id) => connected.has(deviceSubject(id))));
}

/** What a connection makes of its session. */
export interface SessionStart {
  readonly hubId: HubId;
  readonly expiryMs: number;
  readonly will: Will | null;
  readonly willDelayMs: number;
}

export async function insertSession(
  tx: Tx,
  name: SessionName,
  start: SessionStart,
): Promise<SessionPlace> {
  return await tx
    .insertInto('mqtt_sessions')
    .values({
      identity: name.identity,
      client_id: name.clientId,
      generation: 1,
      expires_at: null,
      ...{ queued: 0, queued_bytes: 0, dropped: 0 },
      ...columnsOf(start),
    })
    .returning(['key', 'generation'])
    .executeTakeFirstOrThrow();
}

/** Has another connection from now on. */
export async function resumeSession(
  tx: Tx,
  key: number,
  start: SessionStart,
): Promise<SessionPlace> {
  return await tx
    .updateTable('mqtt_sessions')
    .set({
      generation: sql<number>`generation + 1`,
      expires_at: null,
      ...columnsOf(start),
    })
    .where('key', '=', key)
    .returning(['key', 'generation'])
    .executeTakeFirstOrThrow();
}

function columnsOf({ hubId, expiryMs, will, willDelayMs }: SessionStart) {
  return {
    hub_id: hubId,
    expiry_ms: expiryMs,
    will: will && JSON.stringify(will),
    will_delay_ms: willDelayMs,
    will_at: null,
  };
}

/** Whether this is still the connection of its session, which is locked from here on. */
export async function holdsSession(tx: Tx, { key, generation }: SessionPlace): Promise<boolean> {
  const query = tx
    .selectFrom('mqtt_sessions')
    .select('key')
    .where('key', '=', key)
    .where('generation', '=', generation)
    .where('hub_id', 'is not', null);
  const row = await (
    engineOf(tx).engine === 'sqlite' ? query : query.forUpdate()
  ).executeTakeFirst();
  return row !== undefined;
}

/**
 * Locks these sessions, in one order, up to the end of the transaction.
 *
 * @returns the connection that each has now; those without one are left out.
 */
export async function lockPlaces(
  tx: Tx,
  keys: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  if (keys.length === 0) return new Map();
  const query = tx
    .selectFrom('mqtt_sessions')
    .select(['key', 'generation', 'hub_id'])
    .where('key', 'in', keys)
    .orderBy('key');
  const rows = await (engineOf(tx).engine === 'sqlite' ? query : query.forUpdate()).execute();
  const connected = rows.filter(({ hub_id }) => hub_id !== null);
  return new Map(connected.map(({ key, generation }) => [key, generation]));
}

/** Its connection is gone; false if another has taken its place. */
export async function leaveSession(
  tx: Tx,
  { key, generation }: SessionPlace,
  end: {
    readonly expiryMs: number;
    readonly expiresAtMs: number;
    /** Null: it is not published. */
    readonly willAtMs: number | null;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('mqtt_sessions')
    .set({
      hub_id: null,
      expiry_ms: end.expiryMs,
      expires_at: end.expiresAtMs,
      will_at: end.willAtMs,
      ...(end.willAtMs === null ? { will: null } : {}),
    })
    .where('key', '=', key)
    .where('generation', '=', generation)
    .where('hub_id', 'is not', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Those of hubs that are no longer on record, or of all hubs, are no longer connected. */
export async function leaveOrphanedSessions(
  tx: Tx,
  {
    nowMs,
    graceMs,
    ofAll,
  }: { readonly nowMs: number; readonly graceMs: number; readonly ofAll: boolean },
): Promise<void> {
  const { least, greatest } = engineOf(tx).dialect;
  const delay = least(sql<number>`will_delay_ms`, sql<number>`expiry_ms`);
  const grace = sql<number>`cast(${graceMs} as bigint)`;
  const now = sql<number>`cast(${nowMs} as bigint)`;
  await tx
    .updateTable('mqtt_sessions')
    .set({
      hub_id: null,
      expires_at: sql<number>`${now} + case when will is null then expiry_ms
        else ${greatest(sql<number>`expiry_ms`, grace)} end`,
      will_at: sql<number | null>`case when will is null then null
        else ${now} + ${greatest(delay, grace)} end`,
    })
    .where('hub_id', 'is not', null)
    .$if(!ofAll, (query) =>
      query.where((row) => row('hub_id', 'not in', row.selectFrom('hubs').select('hubs.id'))),
    )
    .execute();
}

/** The sites of its subscriptions. */
export async function sitesOfSession(db: Db, key: number): Promise<SiteId[]> {
  const rows = await db
    .selectFrom('mqtt_subscriptions')
    .select('site_id')
    .distinct()
    .where('session_key', '=', key)
    .orderBy('site_id')
    .execute();
  return rows.map((row) => row.site_id);
}

/** Its subscriptions, queue and packet ids; the session itself stays. */
export async function clearSession(tx: Tx, key: number): Promise<void> {
  for (const site of await sitesOfSession(tx, key)) await raiseSubscriptions(tx, site);
  await tx.deleteFrom('mqtt_subscriptions').where('session_key', '=', key).execute();
  await tx.deleteFrom('mqtt_queue').where('session_key', '=', key).execute();
  await tx.deleteFrom('mqtt_received').where('session_key', '=', key).execute();
  await tx
    .updateTable('mqtt_sessions')
    .set({ queued: 0, queued_bytes: 0 })
    .where('key', '=', key)
    .execute();
}

export async function removeSession(tx: Tx, key: number): Promise<void> {
  await clearSession(tx, key);
  await tx.deleteFrom('mqtt_sessions').where('key', '=', key).execute();
}

/** What is due by then: wills to publish, sessions that are over. Locked by this transaction. */
export async function dueSessions(
  tx: Tx,
  due: { readonly nowMs: number; readonly limit: number },
): Promise<(SessionRecord & { readonly willAtMs: number | null })[]> {
  const { skipLocked } = engineOf(tx).dialect;
  const { rows } = await sql<Row & { will_at: number | null }>`
    select ${sql.join(COLUMNS.map((name) => sql.ref(name)))}, will_at from mqtt_sessions
    where expires_at <= ${due.nowMs} or will_at <= ${due.nowMs}
    order by key limit ${due.limit} ${skipLocked}`.execute(tx);
  return rows.map((row) => ({ ...recordOf(row), willAtMs: row.will_at }));
}

/** When the next will or session is due. */
export async function nextDueSession(db: Db): Promise<number | undefined> {
  const [ends, wills] = await Promise.all([
    db
      .selectFrom('mqtt_sessions')
      .select(({ fn }) => fn.min('expires_at').as('at'))
      .where('expires_at', 'is not', null)
      .executeTakeFirst(),
    db
      .selectFrom('mqtt_sessions')
      .select(({ fn }) => fn.min('will_at').as('at'))
      .where('will_at', 'is not', null)
      .executeTakeFirst(),
  ]);
  const times = [ends?.at, wills?.at].filter((at) => typeof at === 'number');
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Its will is published, or never will be. */
export async function endWill(tx: Tx, key: number): Promise<void> {
  await tx
    .updateTable('mqtt_sessions')
    .set({ will: null, will_at: null })
    .where('key', '=', key)
    .execute();
}

/** All sessions of an identity that was revoked, with their queues; what is connected ends elsewhere. */
export async function removeSessionsOf(tx: Tx, identity: string): Promise<number[]> {
  const rows = await tx
    .selectFrom('mqtt_sessions')
    .select('key')
    .where('identity', '=', identity)
    .orderBy('key')
    .execute();
  for (const { key } of rows) await removeSession(tx, key);
  return rows.map(({ key }) => key);
}

interface Row {
  readonly key: number;
  readonly generation: number;
  readonly identity: string;
  readonly client_id: string;
  readonly hub_id: HubId | null;
  readonly expiry_ms: number;
  readonly expires_at: number | null;
  readonly will: string | null;
  readonly will_delay_ms: number;
}

function recordOf(row: Row): SessionRecord {
  return {
    key: row.key,
    generation: row.generation,
    identity: row.identity,
    clientId: row.client_id,
    hubId: row.hub_id,
    expiryMs: row.expiry_ms,
    expiresAtMs: row.expires_at,
    will: row.will === null ? null : jsonColumnOr(Will, row.will, null),
    willDelayMs: row.will_delay_ms,
  };
}
