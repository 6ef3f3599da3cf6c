import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { LogMark } from '#protocol/hub-link/base-log.ts';
import { Epoch } from '#protocol/ids.ts';

const Row = z
  .object({ log_epoch: Epoch.nullable(), log_seq: z.number(), log_mark: LogMark.nullable() })
  .transform((row) => ({ epoch: row.log_epoch, lastSeq: row.log_seq, mark: row.log_mark }));

export interface CursorPosition {
  readonly epoch: Epoch | null;
  readonly lastSeq: number;
  /** Of the entry `lastSeq`; null: the hub gave none. */
  readonly mark: LogMark | null;
}

/** How far the base has the hub's log. Moves in the commit that journals the entry. */
export class Cursor {
  readonly #move: Statement;
  readonly #read: Statement;
  /** As in the file, or in the current transaction. */
  #position: CursorPosition | undefined;

  constructor(database: Database) {
    this.#move = database.prepare('UPDATE positions SET log_epoch = ?, log_seq = ?, log_mark = ?');
    this.#read = database.prepare('SELECT log_epoch, log_seq, log_mark FROM positions');
  }

  get position(): CursorPosition {
    this.#position ??= Row.parse(this.#read.get());
    return this.#position;
  }

  moveTo(epoch: Epoch, lastSeq: number, mark: LogMark | null): void {
    this.#move.run(epoch, lastSeq, mark);
    this.#position = { epoch, lastSeq, mark };
  }

  /** A transaction was rolled back, and with it the cursor. */
  reload(): void {
    this.#position = undefined;
  }
}
