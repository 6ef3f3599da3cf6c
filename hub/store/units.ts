import type { z } from 'zod';
import type { UnitView } from '#protocol/http/units.ts';
import { UnitView as UnitViewSchema } from '#protocol/http/units.ts';
import { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import type { BaseId, FirmwareId, SiteId, UnitId, UpdateId } from '#protocol/ids.ts';
import { ThingDescription } from '#protocol/thing/thing-description.ts';
import { jsonColumnOr } from './json-column.ts';
import { prepared } from './prepared.ts';
import type { ReadableRows, Reading } from './readable-rows.ts';
import type { Db, Tx } from './schema.ts';
import type { FirmwareTable } from './schema/firmware.ts';
import type { UnitsTable } from './schema/units.ts';

export type UnitRow = Omit<UnitsTable, 'key'> & { readonly key: number };

const Identity = UnitViewSchema.shape.identity.unwrap();
export type UnitIdentity = z.infer<typeof Identity>;

/** A unit with its JSON parsed: what services work with. */
export interface UnitRecord {
  readonly key: number;
  readonly id: UnitId;
  readonly baseId: BaseId;
  readonly baseKey: number;
  readonly siteId: SiteId;
  readonly identity: UnitView['identity'];
  readonly description: UnitView['description'];
  readonly row: UnitRow;
}

/** The parsed content of a row's JSON columns. */
export type UnitSelf = Pick<UnitRecord, 'identity' | 'description'>;

export function unitSelf(row: UnitRow): UnitSelf {
  return {
    identity: identityOf(row),
    description:
      row.description === null ? null : jsonColumnOr(ThingDescription, row.description, null),
  };
}

/**
 * What the unit said of itself, without its description; null before first contact, and
 * where it cannot be read: the unit says it again at its next contact.
 */
export function identityOf(row: Pick<UnitRow, 'identity'>): UnitIdentity | null {
  return row.identity === null ? null : jsonColumnOr(Identity, row.identity, null);
}

const unitById = prepared<{ readonly id: UnitId }>()((db, slot) =>
  db.selectFrom('units').selectAll().where('id', '=', slot('id')),
);

export async function findUnit(db: Db, id: UnitId): Promise<UnitRow | undefined> {
  return await unitById.first(db, { id });
}

const unitKeyById = prepared<{ readonly id: UnitId }>()((db, slot) =>
  db.selectFrom('units').select('key').where('id', '=', slot('id')),
);

/** Whether there is such a unit, without reading its description. */
export async function unitExists(db: Db, id: UnitId): Promise<boolean> {
  return (await unitKeyById.first(db, { id })) !== undefined;
}

export async function unitsOfSite(db: Db, siteId: SiteId): Promise<UnitRow[]> {
  return await db
    .selectFrom('units')
    .selectAll()
    .where('site_id', '=', siteId)
    .orderBy('id')
    .execute();
}

/** These units by the base that has them. */
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
  const bases = new Map(rows.map((row) => [row.base_key, row.base_id]));
  return [...bases].map(([key, id]) => ({
    key,
    id,
    unitIds: rows.filter((row) => row.base_key === key).map((row) => row.id),
  }));
}

/** How the units of a site are there, without what they are. */
export async function presencesOfSite(
  db: Db,
  siteId: SiteId,
): Promise<Pick<UnitRow, 'id' | 'base_id' | 'presence_state' | 'presence_since'>[]> {
  return await db
    .selectFrom('units')
    .select(['id', 'base_id', 'presence_state', 'presence_since'])
    .where('site_id', '=', siteId)
    .execute();
}

export async function unitsOfBase(
  db: Db,
  baseKey: number,
): Promise<Pick<UnitRow, 'id' | 'name'>[]> {
  return await db
    .selectFrom('units')
    .select(['id', 'name'])
    .where('base_key', '=', baseKey)
    .execute();
}

export async function unitAtAddress(
  db: Db,
  baseKey: number,
  address: { readonly host: string; readonly port: number },
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

export async function insertUnit(tx: Tx, unit: Omit<UnitRow, 'key'>): Promise<void> {
  await tx.insertInto('units').values(unit).execute();
}

export async function updateUnit(
  tx: Tx,
  id: UnitId,
  change: Partial<Omit<UnitRow, 'key' | 'id'>>,
): Promise<void> {
  if (Object.keys(change).length === 0) return;
  await tx.updateTable('units').set(change).where('id', '=', id).execute();
}

export async function deleteUnit(tx: Tx, id: UnitId): Promise<void> {
  await tx.deleteFrom('units').where('id', '=', id).execute();
}

/** The next units of a base, by their ids, as its log carries them; after which the next page begins. */
export async function assignmentsAfter(
  db: Db,
  readable: ReadableRows,
  baseKey: number,
  from: { readonly afterId: UnitId | null; readonly limit: number },
): Promise<{ readonly units: UnitAssignment[]; readonly goesOnAfter: UnitId | null }> {
  const query = assignments(db, baseKey).orderBy('units.id').limit(from.limit);
  const rest = from.afterId === null ? query : query.where('units.id', '>', from.afterId);
  const rows = await rest.execute();
  const last = rows.length === from.limit ? rows.at(-1) : undefined;
  return { units: readable.each(rows, ASSIGNMENT), goesOnAfter: last?.id ?? null };
}

/** Those of some units that a base has. */
export interface UnitsOfBase {
  readonly units: UnitAssignment[];
  /** Of all of them, also of those that cannot be read: they are not gone. */
  readonly ids: ReadonlySet<UnitId>;
}

export async function assignmentsOf(
  db: Db,
  readable: ReadableRows,
  baseKey: number,
  ids: readonly UnitId[],
): Promise<UnitsOfBase> {
  if (ids.length === 0) return { units: [], ids: new Set() };
  const rows = await assignments(db, baseKey).where('units.id', 'in', ids).execute();
  return { units: readable.each(rows, ASSIGNMENT), ids: new Set(rows.map(({ id }) => id)) };
}

function assignments(db: Db, baseKey: number) {
  return db
    .selectFrom('units')
    .leftJoin('unit_updates', (join) =>
      join.onRef('unit_updates.unit_key', '=', 'units.key').on('unit_updates.is_ordered', '=', 1),
    )
    .leftJoin('rollouts', 'rollouts.id', 'unit_updates.rollout_id')
    .leftJoin('firmware', 'firmware.id', 'rollouts.firmware_id')
    .select([
      'units.id',
      'units.name',
      'units.host',
      'units.port',
      'units.link',
      'units.hardware_id',
      'unit_updates.id as update_id',
      'firmware.id as firmware_id',
      'firmware.sha256',
      'firmware.file_bytes',
    ])
    .where('units.base_key', '=', baseKey);
}

type AssignedRow = Pick<UnitsTable, 'id' | 'name' | 'host' | 'port' | 'link' | 'hardware_id'> &
  Nullable<Pick<FirmwareTable, 'sha256' | 'file_bytes'>> & {
    readonly update_id: UpdateId | null;
    readonly firmware_id: FirmwareId | null;
  };
type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

function assignmentOf(row: AssignedRow): UnitAssignment {
  const { update_id: updateId, firmware_id: firmwareId, sha256, file_bytes: fileBytes } = row;
  const isOrdered =
    updateId !== null && firmwareId !== null && sha256 !== null && fileBytes !== null;
  return {
    unitId: row.id,
    name: row.name,
    address: { host: row.host, port: row.port },
    link: row.link,
    hardwareId: row.hardware_id,
    ...(isOrdered ? { update: { updateId, firmwareId, sha256, fileBytes } } : {}),
  };
}

const ASSIGNMENT: Reading<AssignedRow, typeof UnitAssignment> = {
  what: 'assignment',
  idOf: ({ id }) => id,
  schema: UnitAssignment,
  make: assignmentOf,
};
