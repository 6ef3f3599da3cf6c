import { sql } from 'kysely';
import { z } from 'zod';
import { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { type DeviceId, Epoch, type SiteId, type UnitId, newId } from '#protocol/ids.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import type { DeviceRecord } from './devices.ts';
import { jsonColumnOr } from './json-column.ts';
import type { Db, Tx } from './schema.ts';

/** A packet of a device (QoS 1) that was read: it may be sent again. */
const SeenPacket = z.tuple([z.int(), z.string()]);
export type SeenPacket = z.infer<typeof SeenPacket>;
const SeenPackets = z.array(SeenPacket);

/** A unit that is a device, with the text of its mapping: parsing it takes longer than the rest. */
export interface MappedUnitRecord {
  readonly key: number;
  readonly id: UnitId;
  readonly siteId: SiteId;
  readonly device: Pick<DeviceRecord, 'id' | 'siteId' | 'clientId' | 'topicSpace'>;
  readonly mappingText: string;
  readonly epoch: Epoch;
  readonly reports: number;
  readonly packetsText: string;
}

/** The description of a device that a person has accepted, and what its mapping was then. */
export interface AcceptedOffer {
  readonly id: string;
  readonly digest: string;
}

export async function insertMapping(
  tx: Tx,
  unitKey: number,
  {
    mapping,
    offer,
  }: { readonly mapping: DeviceMapping; readonly offer?: AcceptedOffer | undefined },
): Promise<void> {
  await tx
    .insertInto('mapped_units')
    .values({
      unit_key: unitKey,
      mapping: JSON.stringify(mapping),
      epoch: newId(Epoch),
      ...{ reports: 0, packets: '[]' },
      ...{ offer_id: offer?.id ?? null, offer_digest: offer?.digest ?? null },
    })
    .execute();
}

/** Without an offer the one that was accepted before remains so: only another description is new. */
export async function putMapping(
  tx: Tx,
  unitKey: number,
  {
    mapping,
    offer,
  }: { readonly mapping: DeviceMapping; readonly offer?: AcceptedOffer | undefined },
): Promise<void> {
  await tx
    .updateTable('mapped_units')
    .set({
      mapping: JSON.stringify(mapping),
      ...(offer && { offer_id: offer.id, offer_digest: offer.digest }),
    })
    .where('unit_key', '=', unitKey)
    .execute();
}

/** Undefined for a unit that is no device, or whose mapping cannot be read. */
export async function mappingOf(db: Db, unitKey: number): Promise<DeviceMapping | undefined> {
  const row = await db
    .selectFrom('mapped_units')
    .select('mapping')
    .where('unit_key', '=', unitKey)
    .executeTakeFirst();
  return row && parsedMapping(row.mapping);
}

export function parsedMapping(text: string): DeviceMapping | undefined {
  return jsonColumnOr(DeviceMapping, text, undefined);
}

export function parsedPackets(text: string): readonly SeenPacket[] {
  return jsonColumnOr(SeenPackets, text, []);
}

/** The units that these devices are, by device. */
export async function mappedUnitsOf(
  db: Db,
  ids: readonly DeviceId[],
): Promise<ReadonlyMap<DeviceId, MappedUnitRecord>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('units')
    .innerJoin('mapped_units', 'mapped_units.unit_key', 'units.key')
    // One that was unregistered has nothing to say, and its unit is still there.
    .leftJoin('devices', 'devices.id', 'units.device_id')
    .select(['units.key', 'units.id', 'units.site_id'])
    .select(['units.device_id as deviceId', 'client_id', 'topic_space'])
    .select(['mapping', 'mapped_units.epoch', 'reports', 'packets'])
    .where('units.device_id', 'in', ids)
    .execute();
  return new Map(
    rows.flatMap((row) => {
      if (row.deviceId === null) return [];
      const unit: MappedUnitRecord = {
        ...{ key: row.key, id: row.id, siteId: row.site_id },
        device: {
          ...{ id: row.deviceId, siteId: row.site_id },
          ...{ clientId: row.client_id ?? '', topicSpace: row.topic_space },
        },
        ...{ mappingText: row.mapping, packetsText: row.packets },
        ...{ epoch: row.epoch, reports: row.reports },
      };
      return [[row.deviceId, unit] as const];
    }),
  );
}

/**
 * Numbers for reports of a unit, which nobody else gets.
 *
 * @returns the last of them.
 */
export async function claimReports(tx: Tx, unitKey: number, count: number): Promise<number> {
  const { reports } = await tx
    .updateTable('mapped_units')
    .set({ reports: sql<number>`reports + cast(${count} as bigint)` })
    .where('unit_key', '=', unitKey)
    .returning('reports')
    .executeTakeFirstOrThrow();
  return reports;
}

export async function putPackets(
  tx: Tx,
  unitKey: number,
  packets: readonly SeenPacket[],
): Promise<void> {
  await tx
    .updateTable('mapped_units')
    .set({ packets: JSON.stringify(packets) })
    .where('unit_key', '=', unitKey)
    .execute();
}

/** What a mapping makes of the description of its unit. */
export async function putMappedDescription(
  tx: Tx,
  unitKey: number,
  description: ThingDescription,
): Promise<void> {
  await tx
    .updateTable('units')
    .set({ description: JSON.stringify(description) })
    .where('key', '=', unitKey)
    .execute();
}

/** The unit that a device is. */
export async function unitOfDevice(db: Db, id: DeviceId): Promise<UnitId | undefined> {
  const row = await db
    .selectFrom('units')
    .select('id')
    .where('device_id', '=', id)
    .executeTakeFirst();
  return row?.id;
}

/** The description that was accepted for the unit of a device; null: none. */
export async function acceptedOfferOf(db: Db, id: DeviceId): Promise<AcceptedOffer | null> {
  const row = await db
    .selectFrom('units')
    .innerJoin('mapped_units', 'mapped_units.unit_key', 'units.key')
    .select(['offer_id', 'offer_digest'])
    .where('units.device_id', '=', id)
    .executeTakeFirst();
  if (!row || row.offer_id === null || row.offer_digest === null) return null;
  return { id: row.offer_id, digest: row.offer_digest };
}

/** Devices that are connected, at any hub, and whose unit does not say so; and the other way round. */
export async function wrongPresences(db: Db): Promise<DeviceId[]> {
  const rows = await db
    .selectFrom('units')
    .select('device_id')
    .where('device_id', 'is not', null)
    .where((row) => {
      const isConnected = row.exists(
        row
          .selectFrom('mqtt_sessions')
          .select('key')
          .where('hub_id', 'is not', null)
          .whereRef('identity', '=', sql<string>`'device:' || units.device_id`),
      );
      return row.or([
        row.and([row('presence_state', '=', 'ready'), row.not(isConnected)]),
        row.and([row('presence_state', '!=', 'ready'), isConnected]),
      ]);
    })
    .orderBy('units.key')
    .execute();
  return rows.flatMap((row) => row.device_id ?? []);
}
