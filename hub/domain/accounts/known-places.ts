/** Places of all accounts together; remembered while the hub runs. */
const MAX_PLACES = 10_000;

/**
 * The addresses from which people signed in. When there are too many, the account with
 * the most loses its least recently used one: signing in from ever new addresses evicts
 * no address of others.
 */
export class KnownPlaces {
  readonly #byEmail = new Map<string, Set<string>>();
  readonly #maxPlaces: number;
  #size = 0;

  constructor(maxPlaces = MAX_PLACES) {
    this.#maxPlaces = maxPlaces;
  }

  has(email: string, address: string): boolean {
    return this.#byEmail.get(email)?.has(address) ?? false;
  }

  add(email: string, address: string): void {
    const places = this.#byEmail.get(email) ?? new Set();
    this.#byEmail.set(email, places);
    if (!places.delete(address)) this.#size += 1;
    places.add(address);
    if (this.#size > this.#maxPlaces) this.#forgetOne();
  }

  #forgetOne(): void {
    let largest: readonly [email: string, places: Set<string>] | undefined;
    for (const entry of this.#byEmail) {
      if (entry[1].size > (largest?.[1].size ?? 0)) largest = entry;
    }
    if (!largest) return;
    const [email, places] = largest;
    const [oldest] = places;
    if (oldest !== undefined && places.delete(oldest)) this.#size -= 1;
    if (places.size === 0) this.#byEmail.delete(email);
  }
}
