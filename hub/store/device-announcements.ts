import { sql } from 'kysely';
import type { DeviceId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Db, Tx } from './schema.ts';

export interface AnnouncementRecord {
  /** Within the site. */
  readonly topic: string;
  readonly payload: string;
}

/** What is kept of a device, without the payloads. */
export interface KeptAnnouncement {
  readonly topic: string;
  readonly digest: string;
  readonly bytes: number;
}

/** In the order of their topics, so that the same messages always describe the same. */
export async function announcementsOf(db: Db, id: DeviceId): Promise<AnnouncementRecord[]> {
  return await db
    .selectFrom('device_announcements')
    .select(['topic', 'payload'])
    .where('device_id', '=', id)
    .orderBy('topic')
    .limit(LIMITS.announcementsPerDevice)
    .execute();
}

export async function keptAnnouncements(db: Db, id: DeviceId): Promise<KeptAnnouncement[]> {
  return await db
    .selectFrom('device_announcements')
    .select(['topic', 'digest', sql<number>`length(payload)`.as('bytes')])
    .where('device_id', '=', id)
    .orderBy('topic')
    .limit(LIMITS.announcementsPerDevice)
    .execute();
}

export async function putAnnouncement(
  tx: Tx,
  id: DeviceId,
  said: AnnouncementRecord & { readonly digest: string; readonly nowMs: number },
): Promise<void> {
  const { topic, payload, digest, nowMs } = said;
  await tx
    .insertInto('device_announcements')
    .values({ device_id: id, topic, payload, digest, noted_at: nowMs })
    .onConflict((conflict) =>
      conflict.columns(['device_id', 'topic']).doUpdateSet({ payload, digest, noted_at: nowMs }),
    )
    .execute();
}

/** The device takes back what it said there. */
export async function dropAnnouncement(tx: Tx, id: DeviceId, topic: string): Promise<void> {
  await tx
    .deleteFrom('device_announcements')
    .where('device_id', '=', id)
    .where('topic', '=', topic)
    .execute();
}
