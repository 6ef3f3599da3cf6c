import { sql } from 'kysely';
import { engineOf } from '../../../hub/store/engine/adapter.ts';
import type { Store } from '../../../hub/store/engine/store.ts';
import { YEAR_MS } from './spans.ts';

/** Readings of one property over the year before a moment, as a hub from before there were roll-ups leaves them. */
export async function fill(
  store: Store,
  { readings, lastMs }: { readonly readings: number; readonly lastMs: number },
): Promise<void> {
  const isSqlite = engineOf(store.db).engine === 'sqlite';
  const numbers = isSqlite
    ? sql`with recursive numbers (n) as (
        select 1 union all select n + 1 from numbers where n < ${readings}) select n from numbers`
    : sql`select generate_series(1, cast(${readings} as bigint)) as n`;
  const stepMs = sql.lit(Math.floor(YEAR_MS / readings));
  const atMs = sql`cast(${lastMs} as bigint) - (cast(${readings} as bigint) - n) * ${stepMs}`;
  await store.maintain(async (db) => {
    await sql`insert into properties (unit_key, name, value, measured_at, received_at, clock,
        rolled_up_from)
      select key, 'heat', '1', ${lastMs}, ${lastMs}, 'synced', 8640000000000000 from units`.execute(
      db,
    );
    await sql`insert into readings (property_key, boot, seq, measured_at, received_at, value, clock)
      select (select max(key) from properties), 1, n, ${atMs}, ${atMs}, (n * 7919 % 1000) / 10.0, 0
      from (${numbers}) as numbered`.execute(db);
    await sql`analyze`.execute(db);
  });
}
