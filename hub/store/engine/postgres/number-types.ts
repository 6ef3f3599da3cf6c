import pg from 'pg';

/** Object ids of types (src/include/catalog/pg_type.dat of PostgreSQL). */
const INT8 = 20;
const NUMERIC = 1700;

/**
 * How values are read. The driver hands out 64-bit and decimal numbers as text, since they
 * may not fit: ours all do (times in milliseconds, counters, sums of them), and as text
 * `1 + 1` would be `11`.
 */
export function numberTypes(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, Number);
  types.setTypeParser(NUMERIC, Number);
  return types;
}
