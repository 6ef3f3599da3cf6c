import type { CommandId, UnitId } from '#protocol/ids.ts';

/** What a command leaves behind at its unit. */
export type Token = string;

export interface LedgerEntry {
  readonly id: CommandId;
  readonly unitId: UnitId;
  readonly verb: 'invoke' | 'set' | 'enqueue';
  /** colour: harmless to repeat. uart: not. */
  readonly execution: 'colour' | 'uart';
  readonly token: Token;
  /** accepted: 2xx. refused: a final no. unanswered: the client gave up. */
  answer: 'pending' | 'accepted' | 'refused' | 'unanswered';
  /** Code of the refusal. */
  code?: string;
  acceptedAtMs?: number;
  /** From the first request to the last answer, with every retry. */
  waitedMs?: number;
}

/** All requests of the client, and their answers. */
export class Ledger {
  readonly entries: LedgerEntry[] = [];
  #count = 0;

  /** Tokens are never the same twice, and no colour is black, which a lamp starts with. */
  nextToken(execution: LedgerEntry['execution']): Token {
    this.#count += 1;
    return execution === 'colour'
      ? `#${this.#count.toString(16).padStart(6, '0')}`
      : this.#count.toString(16).padStart(16, '0');
  }

  add(entry: LedgerEntry): void {
    this.entries.push(entry);
  }

  count(answer: LedgerEntry['answer']): number {
    return this.entries.filter((entry) => entry.answer === answer).length;
  }
}
