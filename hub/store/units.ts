import type { Selectable } from 'kysely';
import type { ErrorCode } from '#protocol/errors.ts';
import type { BaseId, DeviceId, SiteId, UnitId } from '#protocol/ids.ts';
import type { UnitState } from '#protocol/presence.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import { inChunks } from '#platform/in-chunks.ts';
import { type OutboxPlace, placeOf } from './outbox-place.ts';
import { prepared } from './engine/prepared.ts';
import type { ReadableRows } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { UnitsTable } from './schema/units.ts';
import {
  type EndpointRecord,
  ENDPOINT_COLUMNS,
  endpointColumns,
  endpointOf,
} from './unit-endpoint.ts';
import { type UnitIdentity, type UnitMapper, type UnitSelf, identityFrom } from './unit-mapper.ts';

/** A unit without its own identity and description, which cost more to parse than all of this. */
export interface PlainUnit {
  readonly key: number;
  readonly id: UnitId;
  readonly siteId: SiteId;
  readonly name: string;
  readonly place: string;
  readonly endpoint: EndpointRecord;
  /** Pinned at first contact. */
  readonly hardwareId: string | null;
  readonly presence: {
    readonly state: UnitState;
    readonly sinceMs: number;
    readonly code: ErrorCode | null;
    readonly lastContactAtMs: number | null;
  };
  readonly createdAtMs: number;
  /** Of the reports in force. */
  readonly presencePlace: OutboxPlace | null;
  readonly describedPlace: OutboxPlace | null;
}

/** A unit with its own identity and description. */
export type UnitRecord = PlainUnit & Readonly<UnitSelf>;

const PLAIN_COLUMNS = [
  'key',
  'id',
  'site_id',
  'name',
  'place',
  ...ENDPOINT_COLUMNS,
  'hardware_id',
  'presence_state',
  'presence_since',
  'presence_code',
  'last_contact_at',
  'created_at',
  'presence_epoch',
  'presence_seq',
  'described_epoch',
  'described_seq',
] as const satisfies (keyof UnitsTable)[];

type PlainColumns = Pick<Selectable<UnitsTable>, (typeof PLAIN_COLUMNS)[number]>;

function plainUnitOf(row: PlainColumns): PlainUnit {
  return {
    key: row.key,
    id: row.id,
    siteId: row.site_id,
    name: row.name,
    place: row.place,
    endpoint: endpointOf(row),
    hardwareId: row.hardware_id,
    presence: {
      state: row.presence_state,
      sinceMs: row.presence_since,
      code: row.presence_code,
      lastContactAtMs: row.last_contact_at,
    },
    createdAtMs: row.created_at,
    presencePlace: placeOf(row.presence_epoch, row.presence_seq),
    describedPlace: placeOf(row.described_epoch, row.described_seq),
  };
}

/** How the log identifies a unit whose row cannot be read. */
const UNIT_ROW = { what: 'unit', idOf: ({ id }: { readonly id: UnitId }) => id };

const plainById = prepared<{ readonly id: UnitId }>()((db, slot) =>
  db.selectFrom('units').select(PLAIN_COLUMNS).where('id', '=', slot('id')),
);

export async function findPlainUnit(db: Db, id: UnitId): Promise<PlainUnit | undefined> {
  const row = await plainById.first(db, { id });
  return row && plainUnitOf(row);
}

const unitById = prepared<{ readonly id: UnitId }>()((db, slot) =>
  db.selectFrom('units').selectAll().where('id', '=', slot('id')),
);

export async function findUnit(
  db: Db,
  mapper: UnitMapper,
  id: UnitId,
): Promise<UnitRecord | undefined> {
  const row = await unitById.first(db, { id });
  return row && { ...plainUnitOf(row), ...mapper.self(row) };
}

const unitKeyById = prepared<{ readonly id: UnitId }>()((db, slot) =>
  db.selectFrom('units').select('key').where('id', '=', slot('id')),
);

/** Whether there is such a unit, without reading its description. */
export async function unitExists(db: Db, id: UnitId): Promise<boolean> {
  return (await unitKeyById.first(db, { id })) !== undefined;
}

/** By their ids, in pieces: between two of them the reader can let others have a turn. */
export async function* unitsOfSite(
  db: Db,
  mapper: UnitMapper,
  from: { readonly siteId: SiteId; readonly piece: number; readonly readable: ReadableRows },
): AsyncGenerator<UnitRecord[]> {
  const { siteId, piece, readable } = from;
  const query = db.selectFrom('units').selectAll().where('site_id', '=', siteId);
  const rows = await query.orderBy('id').execute();
  for (const some of inChunks(rows, piece)) {
    yield readable.records(some, {
      ...UNIT_ROW,
      make: (row) => ({ ...plainUnitOf(row), ...mapper.self(row) }),
    });
  }
}

/** By their ids, with their identities alone. */
export async function identifiedUnitsOfSite(
  db: Db,
  readable: ReadableRows,
  siteId: SiteId,
): Promise<(PlainUnit & { readonly identity: UnitIdentity | null })[]> {
  const rows = await db
    .selectFrom('units')
    .select([...PLAIN_COLUMNS, 'identity'])
    .where('site_id', '=', siteId)
    .orderBy('id')
    .execute();
  return readable.records(rows, {
    ...UNIT_ROW,
    make: (row) => ({ ...plainUnitOf(row), identity: identityFrom(row.identity) }),
  });
}

/** Those of these units that are behind a base, by base. */
export async function basesOfUnits(
  db: Db,
  unitKeys: readonly number[],
): Promise<{ readonly key: number; readonly id: BaseId; readonly unitIds: readonly UnitId[] }[]> {
  if (unitKeys.length === 0) return [];
  const rows = await db
    .selectFrom('units')
    .select(['id', 'base_key', 'base_id'])
    .where('key', 'in', unitKeys)
    .orderBy('key')
    .execute();
  const bases = new Map<number, { readonly id: BaseId; readonly unitIds: UnitId[] }>();
  for (const { id: unitId, base_key: key, base_id: id } of rows) {
    if (key === null || id === null) continue;
    const base = bases.get(key);
    if (base) base.unitIds.push(unitId);
    else bases.set(key, { id, unitIds: [unitId] });
  }
  return [...bases].map(([key, base]) => ({ key, ...base }));
}

/** The presence of a unit, without its identity and description. */
export interface UnitPresenceRecord {
  readonly id: UnitId;
  /** The base that reaches it; null: none does. */
  readonly baseId: BaseId | null;
  readonly presence: Pick<PlainUnit['presence'], 'state' | 'sinceMs'>;
}

export async function presencesOfSite(db: Db, siteId: SiteId): Promise<UnitPresenceRecord[]> {
  const rows = await db
    .selectFrom('units')
    .select(['id', 'base_id', 'presence_state', 'presence_since'])
    .where('site_id', '=', siteId)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    baseId: row.base_id,
    presence: { state: row.presence_state, sinceMs: row.presence_since },
  }));
}

export async function unitsOfBase(
  db: Db,
  baseKey: number,
): Promise<Pick<PlainUnit, 'id' | 'name'>[]> {
  return await db
    .selectFrom('units')
    .select(['id', 'name'])
    .where('base_key', '=', baseKey)
    .execute();
}

export async function unitAtAddress(
  db: Db,
  baseKey: number,
  address: UnitAddress,
): Promise<UnitId | undefined> {
  const row = await db
    .selectFrom('units')
    .select('id')
    .where('base_key', '=', baseKey)
    .where('host', '=', address.host)
    .where('port', '=', address.port)
    .executeTakeFirst();
  return row?.id;
}

export async function countUnits(db: Db, baseKey: number): Promise<number> {
  const row = await db
    .selectFrom('units')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('base_key', '=', baseKey)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** A new unit, which has never reported. */
export type NewUnitRecord = Pick<
  PlainUnit,
  'id' | 'siteId' | 'name' | 'place' | 'endpoint' | 'createdAtMs'
>;

export async function insertUnit(tx: Tx, unit: NewUnitRecord): Promise<void> {
  await tx
    .insertInto('units')
    .values({
      id: unit.id,
      site_id: unit.siteId,
      name: unit.name,
      place: unit.place,
      ...endpointColumns(unit.endpoint),
      hardware_id: null,
      identity: null,
      description: null,
      presence_state: 'init',
      presence_since: unit.createdAtMs,
      presence_code: null,
      last_contact_at: null,
      created_at: unit.createdAtMs,
      presence_epoch: null,
      presence_seq: null,
      described_epoch: null,
      described_seq: null,
    })
    .execute();
}

/** Omitted fields stay as they are. */
export async function changeUnit(
  tx: Tx,
  id: UnitId,
  change: {
    readonly name?: string;
    readonly place?: string;
    readonly address?: UnitAddress;
    readonly deviceId?: DeviceId;
  },
): Promise<void> {
  const { address, deviceId, ...texts } = change;
  const columns = {
    ...texts,
    ...(address && { host: address.host, port: address.port }),
    ...(deviceId === undefined ? {} : { device_id: deviceId }),
  };
  if (Object.keys(columns).length === 0) return;
  await tx.updateTable('units').set(columns).where('id', '=', id).execute();
}

export async function putPresence(
  tx: Tx,
  id: UnitId,
  {
    state,
    sinceMs,
    code,
    lastContactAtMs,
    from,
  }: PlainUnit['presence'] & { readonly from: OutboxPlace },
): Promise<void> {
  await tx
    .updateTable('units')
    .set({
      presence_state: state,
      presence_since: sinceMs,
      presence_code: code,
      presence_epoch: from.epoch,
      presence_seq: from.seq,
      // Without a contact, the previous one stays the last.
      ...(lastContactAtMs === null ? {} : { last_contact_at: lastContactAtMs }),
    })
    .where('id', '=', id)
    .execute();
}

/**
 * Stores what a unit reports about itself.
 *
 * @returns what it reported before, and whether its description changed
 */
export async function putDescription(
  tx: Tx,
  id: UnitId,
  self: {
    readonly hardwareId: string;
    readonly identity: UnitIdentity;
    readonly description: ThingDescription;
    readonly from: OutboxPlace;
  },
): Promise<{ readonly identityBefore: UnitIdentity | null; readonly isOther: boolean }> {
  const query = tx.selectFrom('units').select(['identity', 'description']).where('id', '=', id);
  const before = await query.executeTakeFirst();
  const description = JSON.stringify(self.description);
  await tx
    .updateTable('units')
    .set({
      hardware_id: self.hardwareId,
      identity: JSON.stringify(self.identity),
      description,
      described_epoch: self.from.epoch,
      described_seq: self.from.seq,
    })
    .where('id', '=', id)
    .execute();
  return {
    identityBefore: identityFrom(before?.identity ?? null),
    isOther: before?.description !== description,
  };
}

export async function deleteUnit(tx: Tx, id: UnitId): Promise<void> {
  await tx.deleteFrom('units').where('id', '=', id).execute();
}
