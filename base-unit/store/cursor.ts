import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { Epoch } from '#protocol/ids.ts';

const Row = z
  .object({ log_epoch: Epoch.nullable(), log_seq: z.number() })
  .transform((row) => ({ epoch: row.log_epoch, lastSeq: row.log_seq }));

export interface CursorPosition {
  readonly epoch: Epoch | null;
  readonly lastSeq: number;
}

/** How far the base has the hub's log. Moves in the commit that journals the entry. */
export class Cursor {
  readonly #move: Statement;
  readonly #read: Statement;

  constructor(database: Database) {
    this.#move = database.prepare('UPDATE positions SET log_epoch = ?, log_seq = ?');
    this.#read = database.prepare('SELECT log_epoch, log_seq FROM positions');
  }

  /** Read from the file each time, so that an undone transaction undoes the move as well. */
  get position(): CursorPosition {
    return Row.parse(this.#read.get());
  }

  moveTo(epoch: Epoch, lastSeq: number): void {
    this.#move.run(epoch, lastSeq);
  }
}
