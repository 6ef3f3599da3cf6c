import type { UnitId } from '#protocol/ids.ts';

/**
 * What is to be told once a transaction is on the disk: collected while it
 * runs, dropped with it when it fails.
 */
export class AfterCommit {
  readonly #calls: (() => void)[] = [];
  readonly #changedUnits = new Set<UnitId>();
  readonly #changedValues = new Set<UnitId>();

  do(call: () => void): void {
    this.#calls.push(call);
  }

  /** However often a unit changes in one transaction, it is told once. */
  unitChanged(id: UnitId): void {
    this.#changedUnits.add(id);
  }

  /** Only its values or wishes are others, which is little to tell. */
  valuesChanged(id: UnitId): void {
    this.#changedValues.add(id);
  }

  get changedUnits(): ReadonlySet<UnitId> {
    return this.#changedUnits;
  }

  /** Units of which there is nothing else to tell. */
  get changedValues(): ReadonlySet<UnitId> {
    return new Set([...this.#changedValues].filter((id) => !this.#changedUnits.has(id)));
  }

  run(): void {
    for (const call of this.#calls) call();
  }
}
