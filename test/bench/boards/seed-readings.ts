import Database from 'better-sqlite3';
import { z } from 'zod';
import type { UnitId } from '#protocol/ids.ts';
import { databaseFile } from '../../../hub/store/engine/sqlite/database.ts';

const STEP_MS = 1_000;
/** The board's last 24 hours stay full while the folder is used again on the same day. */
const AHEAD_MS = 12 * 3_600_000;
/** Of the properties after the first one, which has them all. */
const SHARE_OF_OTHERS = 0.1;

/** Writes readings, one a second until now, into the database of a hub that is not running. */
export function seedReadings(seed: {
  readonly folder: string;
  readonly unitId: UnitId;
  readonly properties: readonly string[];
  readonly readings: number;
}): void {
  const database = new Database(databaseFile(seed.folder));
  try {
    // A journal of millions of rows would only take time: a folder half filled is of no use.
    database.pragma('journal_mode = DELETE');
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    const keyOf = database.prepare(
      `select properties.key from properties join units on units.key = properties.unit_key
      where units.id = ? and properties.name = ?`,
    );
    const insert = database.prepare(`
      insert into readings (property_key, boot, seq, measured_at, received_at, value, clock)
      with recursive numbers (number) as (
        select 1 union all select number + 1 from numbers where number < :count)
      select :key, 2, number, :lastMs - (:count - number) * :stepMs,
        :lastMs - (:count - number) * :stepMs, (number * 7919 % 1000) / 10.0, 0
      from numbers`);
    const lastMs = Date.now() + AHEAD_MS;
    for (const [index, name] of seed.properties.entries()) {
      const { key } = z.object({ key: z.number() }).parse(keyOf.get(seed.unitId, name));
      const count = Math.ceil(seed.readings * (index === 0 ? 1 : SHARE_OF_OTHERS));
      insert.run({ key, count, lastMs, stepMs: STEP_MS });
    }
  } finally {
    database.close();
  }
}
