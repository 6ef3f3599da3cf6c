import { sql } from 'kysely';
import { engineOf } from './engine/adapter.ts';
import { prepared } from './engine/prepared.ts';
import type { ReadingRecord } from './readings.ts';
import type { Tx } from './schema.ts';

const COLUMNS = {
  property_key: 'bigint',
  boot: 'bigint',
  seq: 'bigint',
  measured_at: 'bigint',
  value: 'float8',
} as const;

const inserted = prepared<Readonly<Record<string, unknown>>>()((db, slot) => ({
  compile: () =>
    sql`
    insert into late_readings (property_key, boot, seq, measured_at, value)
    select property_key, boot, seq, measured_at, value
    from ${engineOf(db).dialect.list(COLUMNS, slot)} as fresh where true
    on conflict do nothing`.compile(db),
}));

/** Readings from before the time from which the site keeps them: they only join the roll-ups. */
export async function insertLateReadings(
  tx: Tx,
  readings: readonly ReadingRecord[],
): Promise<void> {
  if (readings.length === 0) return;
  const rows = readings.map((reading) => [
    ...[reading.propertyKey, reading.boot, reading.seq, reading.measuredAtMs],
    Number(reading.value),
  ]);
  await inserted.run(tx, engineOf(tx).dialect.packed(COLUMNS, rows));
}

export interface LateReading {
  readonly propertyKey: number;
  readonly measuredAtMs: number;
  readonly seq: number;
  readonly value: number;
}

/** Removes a piece of them: the same transaction adds them to the roll-ups. */
export async function drainLateReadings(tx: Tx, limit: number): Promise<LateReading[]> {
  const { rows } = await sql<{
    property_key: number;
    measured_at: number;
    seq: number;
    value: number;
  }>`
    with due as materialized (
      select property_key, boot, seq from late_readings
      order by property_key, boot, seq limit ${limit} ${engineOf(tx).dialect.skipLocked})
    delete from late_readings
    where (property_key, boot, seq) in (select property_key, boot, seq from due)
    returning property_key, measured_at, seq, value`.execute(tx);
  return rows.map(({ property_key: propertyKey, measured_at: measuredAtMs, seq, value }) => {
    return { propertyKey, measuredAtMs, seq, value };
  });
}
