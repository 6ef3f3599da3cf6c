import { UnitAssignment } from '#protocol/hub-link/base-log.ts';
import { AppError } from '#protocol/errors.ts';
import type { FirmwareId, UnitId, UpdateId } from '#protocol/ids.ts';
import type { ReadableRows, Reading } from './readable-rows.ts';
import type { Db } from './schema.ts';
import type { FirmwareTable } from './schema/firmware.ts';
import type { UnitsTable } from './schema/units.ts';

/** A page of a base's units by id, as its log carries them, and where the next page begins. */
export async function assignmentsAfter(
  db: Db,
  readable: ReadableRows,
  from: { readonly baseKey: number; readonly afterId: UnitId | null; readonly limit: number },
): Promise<{ readonly units: UnitAssignment[]; readonly goesOnAfter: UnitId | null }> {
  const query = assignments(db, from.baseKey).orderBy('units.id').limit(from.limit);
  const rest = from.afterId === null ? query : query.where('units.id', '>', from.afterId);
  const rows = await rest.execute();
  const last = rows.length === from.limit ? rows.at(-1) : undefined;
  return { units: readable.each(rows, ASSIGNMENT), goesOnAfter: last?.id ?? null };
}

/** Which of these units a base has. */
export interface UnitsOfBase {
  readonly units: UnitAssignment[];
  /** Of all of them, including unreadable ones: those are not gone. */
  readonly ids: ReadonlySet<UnitId>;
}

export async function assignmentsOf(
  db: Db,
  readable: ReadableRows,
  { baseKey, ids }: { readonly baseKey: number; readonly ids: readonly UnitId[] },
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

/** Units behind a base have an address: a check of the table ensures it. */
function baseHalfOf({ host, port, link }: Pick<UnitsTable, 'host' | 'port' | 'link'>) {
  if (host === null || port === null || link === null) throw new AppError('internal');
  return { address: { host, port }, link };
}

function assignmentOf(row: AssignedRow): UnitAssignment {
  const { update_id: updateId, firmware_id: firmwareId, sha256, file_bytes: fileBytes } = row;
  const isOrdered =
    updateId !== null && firmwareId !== null && sha256 !== null && fileBytes !== null;
  return {
    unitId: row.id,
    name: row.name,
    ...baseHalfOf(row),
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
