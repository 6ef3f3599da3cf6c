import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { ErrorCodeSchema } from '#protocol/errors.ts';
import { UnitId, UpdateId } from '#protocol/ids.ts';
import { isUpdateEnd, UpdateState } from '#protocol/update/update-state.ts';
import { rowOf, rowsOf } from './row.ts';

const RecordRow = z
  .object({
    unit_id: UnitId,
    update_id: UpdateId,
    file_id: z.string(),
    state: UpdateState,
    code: ErrorCodeSchema.nullable(),
    done_bytes: z.number(),
    total_bytes: z.number(),
    ordered_at_ms: z.number(),
    applied_at_ms: z.number().nullable(),
  })
  .transform((row) => ({
    unitId: row.unit_id,
    updateId: row.update_id,
    fileId: row.file_id,
    state: row.state,
    code: row.code,
    doneBytes: row.done_bytes,
    totalBytes: row.total_bytes,
    orderedAtMs: row.ordered_at_ms,
    appliedAtMs: row.applied_at_ms,
  }));

/** The last update of a unit. Times are of the machine's clock, which outlasts a run. */
export type UpdateRecord = z.infer<typeof RecordRow>;

const FileRow = z.object({ file_id: z.string() });

/** The last update of each unit, and the firmware that it last confirmed. */
export class UpdateRecords {
  readonly #all: Statement;
  readonly #put: Statement;
  readonly #good: Statement;
  readonly #putGood: Statement;
  readonly #allGood: Statement;
  readonly #forget: readonly Statement[];

  constructor(database: Database) {
    this.#all = database.prepare('SELECT * FROM unit_updates ORDER BY ordered_at_ms');
    this.#put = database.prepare(
      `INSERT OR REPLACE INTO unit_updates VALUES (@unitId, @updateId, @fileId, @state, @code,
       @doneBytes, @totalBytes, @orderedAtMs, @appliedAtMs)`,
    );
    this.#good = database.prepare('SELECT file_id FROM good_firmware WHERE unit_id = ?');
    this.#putGood = database.prepare('INSERT OR REPLACE INTO good_firmware VALUES (?, ?)');
    this.#allGood = database.prepare('SELECT DISTINCT file_id FROM good_firmware');
    this.#forget = ['unit_updates', 'good_firmware'].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE unit_id = ?`),
    );
  }

  all(): UpdateRecord[] {
    return rowsOf(RecordRow, this.#all);
  }

  put(record: UpdateRecord): void {
    this.#put.run(record);
  }

  /** The file that a unit last confirmed. */
  goodOf(unitId: UnitId): string | undefined {
    return rowOf(FileRow, this.#good.get(unitId))?.file_id;
  }

  putGood(unitId: UnitId, fileId: string): void {
    this.#putGood.run(unitId, fileId);
  }

  /** The files that an update which has not ended needs, or a unit's last good firmware. */
  filesInUse(): ReadonlySet<string> {
    const active = this.all().filter(({ state }) => !isUpdateEnd(state));
    const good = rowsOf(FileRow, this.#allGood);
    return new Set([...active.map(({ fileId }) => fileId), ...good.map(({ file_id }) => file_id)]);
  }

  /** The unit is none of this base any more. */
  forget(unitId: UnitId): void {
    for (const statement of this.#forget) statement.run(unitId);
  }
}
