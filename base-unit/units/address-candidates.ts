import type { UnitAddress } from '#protocol/unit-address.ts';
import type { StoredUnit } from '../store/unit-list.ts';

/** The addresses at which a unit may be: its own, and those at which mDNS announces it. */
export class AddressCandidates {
  readonly #discovered: (unit: StoredUnit) => readonly UnitAddress[];
  /** Those that are announced now: the one that waits longest first. */
  #queue: readonly UnitAddress[] = [];
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
   * likely where it was. What is announced anew waits behind what was there before.
   */
  next(unit: StoredUnit): UnitAddress {
    const { address } = unit;
    // It may have moved while this base was off: the query is answered by the time this dial fails.
    if (!this.#wasTried) this.#discovered(unit);
    this.#wasTried = true;
    if (this.#failures % 2 === 0) return address;
    const announced = this.#discovered(unit).filter((one) => !isSame(one, address));
    const waiting = this.#queue.filter((one) => announced.some((other) => isSame(one, other)));
    const added = announced.filter((one) => !waiting.some((other) => isSame(one, other)));
    const [first, ...others] = [...waiting, ...added];
    if (!first) return address;
    this.#queue = [...others, first];
    return first;
  }

  failed(unit: StoredUnit): void {
    this.#failures += 1;
    // Starts a query, so that the answer is available for the next dial.
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

function isSame(a: UnitAddress, b: UnitAddress): boolean {
  return a.port === b.port && a.host === b.host;
}
