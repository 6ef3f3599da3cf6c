import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { IssuedCommand } from '#protocol/command/command.ts';
import { CommandFinished } from '#protocol/hub-link/base-events.ts';
import type { CommandId } from '#protocol/ids.ts';
import { rowOf, rowsOf } from './row.ts';

const JournalRow = z
  .object({
    command: z.string(),
    state: z.enum(['received', 'sent', 'finished']),
    received_at_ms: z.number(),
    is_repeatable: z.literal([0, 1]),
    is_sent_assumed: z.literal([0, 1]),
    result: z.string().nullable(),
    result_seq: z.number().nullable(),
  })
  .transform((row) => ({
    command: IssuedCommand.parse(JSON.parse(row.command)),
    state: row.state,
    receivedAtMs: row.received_at_ms,
    /** Harmless to do twice. */
    isRepeatable: row.is_repeatable === 1,
    /** Unknown whether it was sent: it was open when the power failed. */
    isSentAssumed: row.is_sent_assumed === 1,
    result: row.result === null ? null : CommandFinished.parse(JSON.parse(row.result)),
    /** Of the event that reports the result. */
    resultSeq: row.result_seq,
  }));
export type JournalEntry = z.infer<typeof JournalRow>;

interface JournalBounds {
  /** Finished commands that are kept so that a repeat is answered, not done again. */
  readonly kept: number;
  /** Looking for what to forget costs a little; every so many commands is enough. */
  readonly pruneEvery: number;
}

const DEFAULT_JOURNAL_BOUNDS: JournalBounds = { kept: 20_000, pruneEvery: 500 };

/**
 * Every command that the base was given, and its end.
 *
 * `sent` is written before the bytes leave: after a crash the outcome of such a command
 * is unknown. One that is safe to repeat is run again, and is not delayed by a second
 * fsync ({@link Store.commitSoon}): after a power cut its mark may be missing, so every
 * open command counts as sent ({@link markUnknown}). If it is sent to an idle unit at
 * once, the mark comes with the entry itself.
 */
export class Journal {
  readonly #find: Statement;
  readonly #open: Statement;
  readonly #add: Statement;
  readonly #markSent: Statement;
  readonly #markUnknown: Statement;
  readonly #finish: Statement;
  readonly #prune: Statement;
  readonly #pruneEvery: number;
  #sincePrune = 0;
  #mustMarkUnknown = false;

  constructor(database: Database, { kept, pruneEvery } = DEFAULT_JOURNAL_BOUNDS) {
    this.#pruneEvery = pruneEvery;
    const columns =
      'command, state, received_at_ms, is_repeatable, is_sent_assumed, result, result_seq';
    this.#find = database.prepare(`SELECT ${columns} FROM journal WHERE command_id = ?`);
    this.#open = database.prepare(
      `SELECT ${columns} FROM journal WHERE state <> 'finished' ORDER BY position`,
    );
    this.#add = database.prepare(
      `INSERT INTO journal (command_id, command, state, is_repeatable, received_at_ms)
       VALUES (?, ?, ?, ?, ?)`,
    );
    this.#markSent = database.prepare(
      `UPDATE journal SET state = 'sent', is_repeatable = ?, is_sent_assumed = 0
       WHERE command_id = ? AND state <> 'finished'`,
    );
    this.#markUnknown = database.prepare(
      `UPDATE journal SET state = 'sent', is_repeatable = 1, is_sent_assumed = 1
       WHERE state = 'received'`,
    );
    this.#finish = database.prepare(
      `UPDATE journal SET state = 'finished', result = ?, result_seq = ? WHERE command_id = ?`,
    );
    this.#prune = database.prepare(
      `DELETE FROM journal WHERE state = 'finished'
       AND position <= (SELECT max(position) FROM journal) - ${kept}`,
    );
  }

  find(commandId: CommandId): JournalEntry | undefined {
    const entry = rowOf(JournalRow, this.#find.get(commandId));
    return entry && this.#asMarked(entry);
  }

  /** Commands that have not ended, in the order they came. */
  open(): JournalEntry[] {
    return rowsOf(JournalRow, this.#open).map((entry) => this.#asMarked(entry));
  }

  /** @param leaves it leaves right after this, and is harmless to repeat: its mark comes with it. */
  add(command: IssuedCommand, receivedAtMs: number, leaves = false): void {
    const state = leaves ? 'sent' : 'received';
    this.#add.run(command.id, JSON.stringify(command), state, leaves ? 1 : 0, receivedAtMs);
    this.#sincePrune += 1;
    if (this.#sincePrune < this.#pruneEvery) return;
    this.#sincePrune = 0;
    this.#prune.run();
  }

  markSent(commandId: CommandId, isRepeatable: boolean): void {
    this.#markSent.run(isRepeatable ? 1 : 0, commandId);
  }

  /**
   * After a power cut marks may be missing, but only of commands that are safe to
   * repeat. The others certainly were not sent, so all may be run; but none of the
   * former can be reported as not executed.
   */
  markUnknown(): void {
    this.#markUnknown.run();
  }

  /** While a full disk keeps {@link markUnknown} from being written, it holds in memory. */
  set mustMarkUnknown(isDue: boolean) {
    this.#mustMarkUnknown = isDue;
  }

  #asMarked(entry: JournalEntry): JournalEntry {
    if (!this.#mustMarkUnknown || entry.state !== 'received') return entry;
    return { ...entry, state: 'sent', isRepeatable: true, isSentAssumed: true };
  }

  finish(result: CommandFinished, resultSeq: number): void {
    this.#finish.run(JSON.stringify(result), resultSeq, result.commandId);
  }
}
