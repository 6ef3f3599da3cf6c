import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { ReadingsDropped } from '#protocol/hub-link/base-events.ts';
import { UnitId } from '#protocol/ids.ts';
import { GapReason } from '#protocol/reading.ts';
import { rowsOf } from '../row.ts';

const GapRow = z
  .object({
    unit_id: UnitId,
    reason: GapReason,
    from_ms: z.number(),
    to_ms: z.number(),
    count: z.number(),
  })
  .transform(({ unit_id, reason, from_ms, to_ms, count }) => ({
    unitId: unit_id,
    reason,
    fromMs: from_ms,
    toMs: to_ms,
    count,
  }));
const Unreported = z.object({ unreported: z.number() });

/**
 * Dropped readings, until an event in the outbox reports them.
 *
 * An event that may have been sent cannot be changed any more: the hub knows it by its
 * number. So readings dropped while one waits are added up here, and reported by the
 * next one, once the hub has the first. However long the hub is away, there are at most
 * two records per unit and reason.
 */
export class GapRecords {
  readonly #note: Statement;
  readonly #due: Statement;
  readonly #markReported: Statement;
  readonly #countUnreported: Statement;
  #hasUnreported = false;

  constructor(database: Database) {
    this.#note = database.prepare(
      `INSERT INTO gaps (unit_id, reason, from_ms, to_ms, count)
       VALUES (@unitId, @reason, @fromMs, @toMs, @count)
       ON CONFLICT (unit_id, reason) DO UPDATE SET
         from_ms = iif(count = 0, excluded.from_ms, min(from_ms, excluded.from_ms)),
         to_ms = iif(count = 0, excluded.to_ms, max(to_ms, excluded.to_ms)),
         count = count + excluded.count`,
    );
    this.#due = database.prepare(
      `SELECT unit_id, reason, from_ms, to_ms, count FROM gaps WHERE count > 0
       AND NOT EXISTS (SELECT 1 FROM outbox WHERE seq = reported_seq)`,
    );
    this.#markReported = database.prepare(
      'UPDATE gaps SET count = 0, reported_seq = ? WHERE unit_id = ? AND reason = ?',
    );
    this.#countUnreported = database.prepare(
      'SELECT count(*) AS unreported FROM gaps WHERE count > 0',
    );
    this.reload();
  }

  /** After a transaction that was undone. */
  reload(): void {
    this.#hasUnreported = Unreported.parse(this.#countUnreported.get()).unreported > 0;
  }

  /** Call inside the transaction that gives the readings up. */
  note(gap: ReadingsDropped): void {
    this.#note.run(gap);
    this.#hasUnreported = true;
  }

  /**
   * Call inside a transaction, after what the hub has was deleted from the outbox.
   *
   * @param append puts an event into the outbox, and answers its number there.
   */
  report(append: (gap: ReadingsDropped) => number): void {
    if (!this.#hasUnreported) return;
    for (const gap of rowsOf(GapRow, this.#due)) {
      this.#markReported.run(append(gap), gap.unitId, gap.reason);
    }
    this.reload();
  }
}
