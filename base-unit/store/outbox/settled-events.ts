import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import type { OutboxPlace } from '#protocol/hub-link/outbox-place.ts';
import { Epoch } from '#protocol/ids.ts';
import type { OutboxEvent } from './outbox-event.ts';

const SettledRow = z
  .object({ settled_run: Epoch.nullable(), settled_seq: z.number().nullable() })
  .transform(({ settled_run: run, settled_seq: seq }) =>
    run === null || seq === null ? undefined : { run, seq },
  );

/** What the hub has but the file still holds, and the newest that it has confirmed. */
export class SettledEvents {
  readonly #mark: Statement;
  /** Sequence number and size. */
  readonly #settled = new Map<number, number>();
  /** Of these, the ones deleted by the current transaction: still settled after a rollback. */
  readonly #deleting = new Map<number, number>();
  #last: OutboxPlace | undefined;

  constructor(database: Database) {
    this.#mark = database.prepare('UPDATE positions SET settled_run = ?, settled_seq = ?');
    const row = database.prepare('SELECT settled_run, settled_seq FROM positions').get();
    this.#last = SettledRow.parse(row);
  }

  /** A transaction was undone. */
  reload(): void {
    for (const [seq, bytes] of this.#deleting) this.#settled.set(seq, bytes);
    this.#deleting.clear();
  }

  /** Deletions since the last call are on disk. */
  committed(): void {
    this.#deleting.clear();
  }

  /** The last event that the hub has confirmed. */
  get last(): OutboxPlace | undefined {
    return this.#last;
  }

  /** Call inside a transaction: the hub lost events that it had confirmed. */
  forgetLast(): void {
    this.#last = undefined;
    this.#mark.run(null, null);
  }

  get events(): number {
    return this.#settled.size;
  }

  get bytes(): number {
    let sum = 0;
    for (const size of this.#settled.values()) sum += size;
    return sum;
  }

  has(seq: number): boolean {
    return this.#settled.has(seq);
  }

  add(events: readonly OutboxEvent[]): void {
    for (const { seq, run, json } of events) {
      this.#settled.set(seq, json.length);
      if (seq > (this.#last?.seq ?? 0)) this.#last = { run, seq };
    }
  }

  /** Call inside a transaction. */
  deleteBy(remove: (seq: number) => void): void {
    if (this.#settled.size === 0) return;
    for (const [seq, bytes] of this.#settled) {
      remove(seq);
      this.#deleting.set(seq, bytes);
    }
    this.#settled.clear();
    const { run = null, seq = null } = this.#last ?? {};
    this.#mark.run(run, seq);
  }
}
