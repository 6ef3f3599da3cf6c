import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { rowOf } from './row.ts';

const ClockRow = z
  .object({
    id: z.number(),
    boot: z.string().nullable(),
    wall_minus_monotonic_ms: z.number(),
    offset_ms: z.number().nullable(),
  })
  .transform((row) => ({
    id: row.id,
    boot: row.boot,
    wallMinusMonotonicMs: row.wall_minus_monotonic_ms,
    offsetMs: row.offset_ms,
  }));
type ClockRow = z.infer<typeof ClockRow>;

/** Two measurements of one clock differ by less; a machine that slept has another one. */
const SAME_CLOCK_MS = 5_000;

/**
 * The clocks of stored events' times: the wall clock at a base's start, advanced by the
 * monotonic one, which lasts as long as the machine runs. Events stored before a
 * restart are sent with the clock of that time, even if the machine's clock was set
 * since.
 */
export class Clocks {
  readonly #ofBoot: Statement;
  readonly #byId: Statement;
  readonly #add: Statement;
  readonly #learn: Statement;
  readonly #forget: Statement;
  readonly #boot: string | null;
  #current: ClockRow | undefined;

  /**
   * @param boot identifies this run of the machine; undefined: unknown, and each
   * process has its own clock.
   */
  constructor(database: Database, boot: string | undefined) {
    this.#boot = boot ?? null;
    const columns = 'id, boot, wall_minus_monotonic_ms, offset_ms';
    this.#ofBoot = database.prepare(
      `SELECT ${columns} FROM clocks WHERE boot = ? AND id IN (SELECT clock FROM outbox)
       ORDER BY id DESC LIMIT 1`,
    );
    this.#byId = database.prepare(`SELECT ${columns} FROM clocks WHERE id = ?`);
    this.#add = database.prepare(
      `INSERT INTO clocks (boot, wall_minus_monotonic_ms, offset_ms) VALUES (?, ?, ?)
       RETURNING ${columns}`,
    );
    this.#learn = database.prepare('UPDATE clocks SET offset_ms = ? WHERE id = ?');
    this.#forget = database.prepare(
      'DELETE FROM clocks WHERE id <> ? AND id NOT IN (SELECT clock FROM outbox)',
    );
  }

  /** The one that events are stored with now; 0: none was begun. */
  get current(): number {
    return this.#current?.id ?? 0;
  }

  /**
   * Continues the clock of the previous process if it stored events and the machine has
   * not rebooted since; otherwise starts a new one. Call inside a transaction.
   *
   * @param wallMinusMonotonicMs of the machine, now
   * @returns the same at the beginning of the clock
   */
  begin(wallMinusMonotonicMs: number): number {
    // No run is the one without a name: to SQLite, null is equal to nothing.
    const known = rowOf(ClockRow, this.#ofBoot.get(this.#boot));
    this.#current = known ?? this.#addClock(wallMinusMonotonicMs, null);
    this.#forget.run(this.#current.id);
    return this.#current.wallMinusMonotonicMs;
  }

  /** What the hub's clock is ahead of the current one. Call inside a transaction. */
  learn(offsetMs: number): void {
    const clock = this.#current;
    if (!clock) return;
    if (clock.offsetMs !== null && Math.abs(clock.offsetMs - offsetMs) > SAME_CLOCK_MS) {
      this.#current = this.#addClock(clock.wallMinusMonotonicMs, offsetMs);
      return;
    }
    this.#learn.run(offsetMs, clock.id);
    this.#current = { ...clock, offsetMs };
  }

  /** What the hub's clock was ahead of this one when it was last measured; undefined: it never was. */
  offsetOf(id: number): number | undefined {
    return rowOf(ClockRow, this.#byId.get(id))?.offsetMs ?? undefined;
  }

  /**
   * The minimum age, now, of an event stored at a time of a clock. Measured by one
   * clock: the machine's monotonic one if it has not rebooted since, otherwise the
   * hub's. If that is unknown too, the age of this run of the machine: the times of two
   * wall clocks, one of which may be unset, say nothing about an age.
   */
  ageMs(stored: { readonly clock: number; readonly atMs: number }, nowMs: number): number {
    const now = this.#current;
    if (stored.clock === this.current) return nowMs - stored.atMs;
    const then = rowOf(ClockRow, this.#byId.get(stored.clock));
    if (!now) return 0;
    const upMs = nowMs - now.wallMinusMonotonicMs;
    if (then?.boot !== null && then?.boot === now.boot) {
      return upMs - (stored.atMs - then.wallMinusMonotonicMs);
    }
    if (then && then.offsetMs !== null && now.offsetMs !== null) {
      return nowMs + now.offsetMs - (stored.atMs + then.offsetMs);
    }
    // Without a name, the process before may have been of this run of the machine.
    return now.boot === null ? 0 : upMs;
  }

  #addClock(wallMinusMonotonicMs: number, offsetMs: number | null): ClockRow {
    return ClockRow.parse(this.#add.get(this.#boot, wallMinusMonotonicMs, offsetMs));
  }
}
