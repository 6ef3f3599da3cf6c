import { sql } from 'kysely';
import type { Tx } from './schema.ts';

/** Tables of readings, with what tells the rows of a property apart. */
const ROWS_OF = [
  ['readings', 'boot, seq'],
  ['late_readings', 'boot, seq'],
  ['dirty_hours', 'hour'],
  ['reading_minutes', 'at'],
  ['reading_hours', 'at'],
] as const;

/** Removes readings and roll-ups of units that are gone, a bounded number; answers how many. */
export async function dropOrphans(tx: Tx, limit: number): Promise<number> {
  const orphan = await tx
    .selectFrom('properties')
    .select('key')
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('units')
            .select('units.key')
            .whereRef('units.key', '=', 'properties.unit_key'),
        ),
      ),
    )
    .limit(1)
    .executeTakeFirst();
  if (!orphan) return 0;
  let dropped = 0;
  for (const [table, key] of ROWS_OF) {
    const [from, columns] = [sql.raw(table), sql.raw(`property_key, ${key}`)];
    const result = await sql`
      delete from ${from} where (${columns}) in (
        select ${columns} from ${from}
        where property_key = ${orphan.key} limit ${limit - dropped})`.execute(tx);
    dropped += Number(result.numAffectedRows ?? 0n);
    if (dropped >= limit) return dropped;
  }
  await tx.deleteFrom('properties').where('key', '=', orphan.key).execute();
  return dropped + 1;
}
