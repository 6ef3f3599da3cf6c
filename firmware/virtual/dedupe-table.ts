import { LIMITS } from '#protocol/limits.ts';
import { type Result, Status } from '#protocol/unit-link/unit_link_pb.ts';

/** The last command ids with their results (docs/unit-link.md section 6.3). */
export class DedupeTable {
  readonly #results = new Map<bigint, Result>();

  find(commandId: bigint): Result | undefined {
    return commandId === 0n ? undefined : this.#results.get(commandId);
  }

  /** Ignored for id 0, and for results that say "not happened, try later". */
  remember(commandId: bigint, result: Result): void {
    const isTryLater = result.status === Status.BUSY || result.status === Status.NO_MEMORY;
    if (commandId === 0n || isTryLater) return;
    this.#results.set(commandId, result);
    const [oldest] = this.#results.keys();
    if (this.#results.size > LIMITS.unitDedupeEntries && oldest !== undefined) {
      this.#results.delete(oldest);
    }
  }

  clear(): void {
    this.#results.clear();
  }
}
