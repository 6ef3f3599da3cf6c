/** What somebody in the network says of a name. */
export interface Claim<Value> {
  readonly value: Value;
  /** The address it came from; whoever forges that speaks as another. */
  readonly sender: string;
}

interface HeldClaim<Value> extends Claim<Value> {
  readonly name: string;
  readonly key: string;
  readonly untilMs: number;
}

export interface ClaimsOptions {
  readonly nowMs: () => number;
  /** Of all names together. */
  readonly max: number;
}

/** Of one name: the true one, and room for those that are not. */
export const MAX_CLAIMS_PER_NAME = 4;

/**
 * What is claimed of names, by whomever: a claim does not replace another
 * sender's, and nobody withdraws what another has claimed. Where there is no room, of
 * a name or of all, whoever has the most claims there loses the one that was
 * heard first, so that one who floods replaces only what it said itself.
 */
export class Claims<Value> {
  readonly #nowMs: () => number;
  readonly #max: number;
  /** Of each name, and of each sender, in the order in which they were heard last. */
  readonly #names = new Map<string, Set<HeldClaim<Value>>>();
  readonly #senders = new Map<string, Set<HeldClaim<Value>>>();
  #size = 0;
  /** None ends before this. */
  #endsFromMs = Infinity;

  constructor({ nowMs, max }: ClaimsOptions) {
    this.#nowMs = nowMs;
    this.#max = max;
  }

  /** A life of 0 withdraws it. */
  put(name: string, { value, sender }: Claim<Value>, lifeMs: number): void {
    const key = JSON.stringify(value);
    for (const held of this.#names.get(name) ?? []) {
      if (held.sender === sender && held.key === key) this.#remove(held);
    }
    if (lifeMs <= 0) return;
    this.#makeRoom(name, sender);
    const held = { name, value, sender, key, untilMs: this.#nowMs() + lifeMs };
    addTo(this.#names, name, held);
    addTo(this.#senders, sender, held);
    this.#size += 1;
    this.#endsFromMs = Math.min(this.#endsFromMs, held.untilMs);
  }

  /** Those of a name that are still alive. */
  of(name: string): readonly Claim<Value>[] {
    return this.#alive(this.#names.get(name) ?? new Set());
  }

  entries(): [string, readonly Claim<Value>[]][] {
    return [...this.#names].map(([name, held]) => [name, this.#alive(held)]);
  }

  /** All that a sender has said of a name. */
  withdraw(name: string, sender: string): void {
    for (const held of this.#names.get(name) ?? []) {
      if (held.sender === sender) this.#remove(held);
    }
  }

  #alive(held: ReadonlySet<HeldClaim<Value>>): readonly HeldClaim<Value>[] {
    const now = this.#nowMs();
    return [...held].filter(({ untilMs }) => untilMs > now);
  }

  #makeRoom(name: string, sender: string): void {
    const ofName = [...(this.#names.get(name) ?? [])];
    if (ofName.length >= MAX_CLAIMS_PER_NAME) {
      const counts = new Map<string, number>();
      for (const held of ofName) counts.set(held.sender, (counts.get(held.sender) ?? 0) + 1);
      const most = mostOf(counts, sender);
      const first = ofName.find((held) => held.sender === most);
      if (first) this.#remove(first);
    }
    if (this.#size >= this.#max) this.#dropEnded();
    if (this.#size < this.#max) return;
    const counts = new Map([...this.#senders].map(([one, { size }]) => [one, size]));
    const [first] = this.#senders.get(mostOf(counts, sender)) ?? [];
    if (first) this.#remove(first);
  }

  #dropEnded(): void {
    const now = this.#nowMs();
    if (now < this.#endsFromMs) return;
    this.#endsFromMs = Infinity;
    for (const names of this.#names.values()) {
      for (const held of names) {
        if (held.untilMs <= now) this.#remove(held);
        else this.#endsFromMs = Math.min(this.#endsFromMs, held.untilMs);
      }
    }
  }

  #remove(held: HeldClaim<Value>): void {
    removeFrom(this.#names, held.name, held);
    removeFrom(this.#senders, held.sender, held);
    this.#size -= 1;
  }
}

/** Who has the most claims, with the one that comes: that sender itself where it is no fewer than others. */
function mostOf(counts: ReadonlyMap<string, number>, sender: string): string {
  let most = { sender, count: (counts.get(sender) ?? 0) + 1, isHolder: counts.has(sender) };
  for (const [one, count] of counts) {
    const isMore = count > most.count || (count === most.count && !most.isHolder);
    if (one !== sender && isMore) most = { sender: one, count, isHolder: true };
  }
  return most.sender;
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, one: T): void {
  const set = sets.get(key);
  if (set) set.add(one);
  else sets.set(key, new Set([one]));
}

function removeFrom<T>(sets: Map<string, Set<T>>, key: string, one: T): void {
  const set = sets.get(key);
  set?.delete(one);
  if (set?.size === 0) sets.delete(key);
}
