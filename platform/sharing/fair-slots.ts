interface Holder {
  /** The owner, outermost first: an account, its site, a base of that. */
  readonly path: readonly string[];
  readonly evict: () => void;
}

/** Gives a slot back; may be called twice. */
export type Release = () => void;

/**
 * A number of concurrent slots, shared between competitors. A lone user may have them
 * all. When they are used up, a new request takes a slot of the owner that has more
 * than the requester would then have: compared by account, within the account by site,
 * and so on. So nobody keeps others out, and nobody loses a slot to an equal.
 */
export class FairSlots {
  readonly #total: number;
  readonly #perInnermost: number;
  /** In the order of their coming. */
  readonly #holders = new Set<Holder>();

  /** @param bounds `perInnermost`: for one whole path, even if there is room. */
  constructor(bounds: { readonly total: number; readonly perInnermost?: number }) {
    this.#total = bounds.total;
    this.#perInnermost = bounds.perInnermost ?? Infinity;
  }

  get size(): number {
    return this.#holders.size;
  }

  /**
   * @param evict called when the slot is given to another.
   * @returns undefined when there is none for this one.
   */
  acquire(path: readonly string[], evict: () => void): Release | undefined {
    if (this.#count(path) >= this.#perInnermost) return undefined;
    if (this.#holders.size >= this.#total) {
      const loser = this.#loserTo(path);
      if (!loser) return undefined;
      this.#holders.delete(loser);
      loser.evict();
    }
    const holder: Holder = { path, evict };
    this.#holders.add(holder);
    return () => void this.#holders.delete(holder);
  }

  #count(path: readonly string[]): number {
    let count = 0;
    for (const holder of this.#holders) if (isWithin(holder.path, path)) count += 1;
    return count;
  }

  #loserTo(path: readonly string[]): Holder | undefined {
    let holders = [...this.#holders];
    /** Up to here the request competes with others of the same owner. */
    let isOwn = true;
    for (let level = 0; level < path.length; level += 1) {
      const groups = byPart(holders, level);
      const own = groups.get(path[level]) ?? [];
      const largest = largestOf(groups.values(), isOwn ? own : []);
      if (isOwn && largest !== own) {
        if (largest.length <= own.length + 1) return undefined;
        isOwn = false;
      }
      holders = largest;
    }
    // Of the same path it would only change places with itself.
    return isOwn ? undefined : holders.at(-1);
  }
}

/** Among equals the first one given, or else the one that came last: it has waited least. */
function largestOf(groups: Iterable<Holder[]>, first: Holder[]): Holder[] {
  let largest = first;
  for (const group of groups) {
    const isLarger = group.length > largest.length;
    if (isLarger || (largest !== first && group.length === largest.length)) largest = group;
  }
  return largest;
}

function byPart(holders: readonly Holder[], level: number): Map<string | undefined, Holder[]> {
  const groups = new Map<string | undefined, Holder[]>();
  for (const holder of holders) {
    const part = holder.path[level];
    const group = groups.get(part);
    if (group) group.push(holder);
    else groups.set(part, [holder]);
  }
  return groups;
}

function isWithin(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, level) => path[level] === part);
}
