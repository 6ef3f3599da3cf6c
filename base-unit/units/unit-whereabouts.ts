import type { UnitAddress } from '#protocol/unit-address.ts';
import type { StoredUnit } from '../store/unit-list.ts';

/** Where a unit may be: at its own address, or where something announces that it is the unit. */
export class UnitWhereabouts {
  readonly #announced: (unit: StoredUnit) => readonly UnitAddress[];
  /** Connections in a row that could not be made. */
  #failures = 0;
  #wasTried = false;

  /** @param announced the other places; looks for them anew each time that it is asked. */
  constructor(announced: ((unit: StoredUnit) => readonly UnitAddress[]) | undefined) {
    this.#announced = announced ?? (() => []);
  }

  /**
   * Its own address at every other try, and in between, in turn, the others at
   * which it may be: anybody may announce many, and a unit that was away for a
   * moment is most likely where it was.
   */
  next(unit: StoredUnit): UnitAddress {
    const { address } = unit;
    // It may have moved while this base was off: where to is then known when this try fails.
    if (!this.#wasTried) this.#announced(unit);
    this.#wasTried = true;
    if (this.#failures % 2 === 0) return address;
    const others = this.#announced(unit);
    return others[Math.floor(this.#failures / 2) % others.length] ?? address;
  }

  failed(unit: StoredUnit): void {
    this.#failures += 1;
    // Asks the network, so that it is known by the next try.
    this.#announced(unit);
  }

  /** Its connection ended without a word: where it announces itself now is asked at once. */
  lost(unit: StoredUnit): void {
    this.#announced(unit);
  }

  /** It was reached. */
  found(): void {
    this.#failures = 0;
  }
}
