import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { OutboxPlace } from '#protocol/hub-link/outbox-place.ts';
import { Epoch, newId } from '#protocol/ids.ts';

const PositionRow = z
  .object({
    outbox_epoch: Epoch,
    outbox_seq: z.number(),
    outbox_run: Epoch.nullable(),
    earlier_run: Epoch.nullable(),
    earlier_seq: z.number().nullable(),
  })
  .transform((row) => ({
    epoch: row.outbox_epoch,
    seq: row.outbox_seq,
    run: row.outbox_run,
    /** The last number of the first run that was not yet checked with the hub. */
    earlier:
      row.earlier_run === null || row.earlier_seq === null
        ? undefined
        : { run: row.earlier_run, seq: row.earlier_seq },
  }));

/** Numbers that are set aside on the disk at a time; a crash may leave so many unused. */
const RESERVED_SEQS = 1_000;
/** Further ones are set aside when so few are left. */
const MIN_RESERVED_SEQS = 500;

/** The numbers that a run of the base gives its events, which no other run gives again. */
export class RunNumbers {
  /** This run of the base: no other assigns its numbers, even after a restore. */
  readonly run = newId(Epoch);
  readonly #position: Statement;
  readonly #nameRun: Statement;
  readonly #keepEarlier: Statement;
  readonly #forgetEarlier: Statement;
  readonly #moveEpoch: Statement;
  readonly #moveSeq: Statement;
  readonly #releaseSeqs: Statement;
  #epoch: Epoch;
  #isRunNamed = false;
  /** Earlier runs were checked with the hub. */
  #isCompared = false;
  #lastSeq: number;
  /** Up to here the file marks numbers as possibly used, once the current commit completes. */
  #reservedTo = 0;
  /** Up to here it does so on the disk. */
  #durableTo = 0;

  constructor(database: Database) {
    this.#position = database.prepare(
      'SELECT outbox_epoch, outbox_seq, outbox_run, earlier_run, earlier_seq FROM positions',
    );
    this.#nameRun = database.prepare('UPDATE positions SET outbox_run = ?');
    this.#keepEarlier = database.prepare(
      `UPDATE positions SET earlier_run = coalesce(outbox_run, outbox_epoch), earlier_seq = outbox_seq
       WHERE earlier_run IS NULL`,
    );
    this.#forgetEarlier = database.prepare(
      'UPDATE positions SET earlier_run = NULL, earlier_seq = NULL',
    );
    this.#moveEpoch = database.prepare('UPDATE positions SET outbox_epoch = ?');
    this.#moveSeq = database.prepare('UPDATE positions SET outbox_seq = ?');
    this.#releaseSeqs = database.prepare(
      'UPDATE positions SET outbox_seq = ? WHERE outbox_seq = ?',
    );
    const { epoch, seq } = this.#stored();
    this.#epoch = epoch;
    this.#lastSeq = seq;
  }

  /** From the file; also after a rollback, whose numbers are not used again. */
  reload(): void {
    const { epoch, seq, run } = this.#stored();
    this.#epoch = epoch;
    this.#isRunNamed = run === this.run;
    this.#reservedTo = seq;
  }

  /** Numbers reserved since the last call are so on disk. */
  committed(): void {
    this.#durableTo = this.#reservedTo;
  }

  /** The life of the outbox: within it a higher number is newer. */
  get epoch(): Epoch {
    return this.#epoch;
  }

  /**
   * Call inside a transaction: this base was restored from a backup, and its events
   * start a new epoch.
   */
  beginEpoch(): void {
    this.#epoch = newId(Epoch);
    this.#moveEpoch.run(this.#epoch);
  }

  /** The last number of the first earlier run that was not yet checked with the hub. */
  get earlier(): OutboxPlace | undefined {
    const { epoch, seq, run, earlier } = this.#stored();
    const stored = earlier ?? { run: run ?? epoch, seq };
    return stored.run === this.run ? undefined : stored;
  }

  /** Call inside a transaction: earlier runs were checked with the hub. */
  compared(): void {
    this.#isCompared = true;
    if (this.#stored().earlier) this.#forgetEarlier.run();
  }

  /** The last number that was given. */
  get last(): number {
    return this.#lastSeq;
  }

  /**
   * Call inside a transaction, before its first number. The previous run may have used
   * everything it reserved.
   */
  begin(): void {
    if (this.#isRunNamed) return;
    if (!this.#isCompared) this.#keepEarlier.run();
    this.#nameRun.run(this.run);
    this.#isRunNamed = true;
  }

  next(): number {
    this.#lastSeq += 1;
    return this.#lastSeq;
  }

  /** Call inside a transaction, after the last number of it. */
  reserve(): void {
    if (this.#lastSeq + MIN_RESERVED_SEQS <= this.#reservedTo) return;
    this.#reservedTo = this.#lastSeq + RESERVED_SEQS;
    this.#moveSeq.run(this.#reservedTo);
  }

  /** Whether no other event will ever have this number, whatever happens to the current commit. */
  isDurable(seq: number): boolean {
    return seq <= this.#durableTo;
  }

  /** Gives back the numbers that were set aside. None may be given after that. */
  release(): void {
    this.#releaseSeqs.run(this.#lastSeq, this.#reservedTo);
  }

  #stored(): z.infer<typeof PositionRow> {
    return PositionRow.parse(this.#position.get());
  }
}
