import type { UnitAddress } from '#protocol/unit-address.ts';
import type { StoredUnit } from '../store/unit-list.ts';

/** The addresses at which a unit may be: its own, and those at which mDNS announces it. */
export class AddressCandidates {
  readonly #discovered: (unit: StoredUnit) => readonly UnitAddress[];
  /** Failed dials in a row. */
  #failures = 0;
  #wasTried = false;

  /** @param discovered the other addresses; each call also starts a new mDNS query. */
  constructor(discovered: ((unit: StoredUnit) => readonly UnitAddress[]) | undefined) {
    this.#discovered = discovered ?? (() => []);
  }

  /**
   * Alternates between the unit's own address and the discovered ones in turn:
   * anybody may announce many addresses, and a unit that was briefly away is most
   * likely where it was.
   */
  next(unit: StoredUnit): UnitAddress {
    const { address } = unit;
    // It may have moved while this base was off: the query is answered by the time this dial fails.
    if (!this.#wasTried) this.#discovered(unit);
    this.#wasTried = true;
    if (this.#failures % 2 === 0) return address;
    const others = this.#discovered(unit);
    return others[Math.floor(this.#failures / 2) % others.length] ?? address;
  }

  failed(unit: StoredUnit): void {
    this.#failures += 1;
    // Starts a query, so that the answer is there for the next dial.
    this.#discovered(unit);
  }

  /** Its connection was lost: query the network at once. */
  lost(unit: StoredUnit): void {
    this.#discovered(unit);
  }

  /** It was reached. */
  found(): void {
    this.#failures = 0;
  }
}
