/** What somebody in the network says of a name. */
export interface Claim<Value> {
  readonly value: Value;
  /** The address it came from; whoever forges that speaks as another. */
  readonly sender: string;
}

interface HeldClaim<Value> extends Claim<Value> {
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
  /** Of each name in the order in which they were heard last. */
  readonly #names = new Map<string, HeldClaim<Value>[]>();
  #size = 0;

  constructor({ nowMs, max }: ClaimsOptions) {
    this.#nowMs = nowMs;
    this.#max = max;
  }

  /** A life of 0 withdraws it. */
  put(name: string, { value, sender }: Claim<Value>, lifeMs: number): void {
    const key = JSON.stringify(value);
    this.#remove(name, (held) => held.sender === sender && held.key === key);
    if (lifeMs <= 0) return;
    this.#makeRoom(name, sender);
    const held = this.#names.get(name) ?? [];
    held.push({ value, sender, key, untilMs: this.#nowMs() + lifeMs });
    // The names as well are in the order in which they were heard last.
    this.#names.delete(name);
    this.#names.set(name, held);
    this.#size += 1;
  }

  /** Those of a name that are still alive. */
  of(name: string): readonly Claim<Value>[] {
    return this.#alive(this.#names.get(name) ?? []);
  }

  entries(): [string, readonly Claim<Value>[]][] {
    return [...this.#names].map(([name, held]) => [name, this.#alive(held)]);
  }

  /** All that a sender has said of a name. */
  withdraw(name: string, sender: string): void {
    this.#remove(name, (held) => held.sender === sender);
  }

  #alive(held: readonly HeldClaim<Value>[]): readonly HeldClaim<Value>[] {
    const now = this.#nowMs();
    return held.filter(({ untilMs }) => untilMs > now);
  }

  #makeRoom(name: string, sender: string): void {
    const ofName = () => (this.#names.get(name) ?? []).map((held) => ({ name, held }));
    if (ofName().length >= MAX_CLAIMS_PER_NAME) this.#evict(ofName(), sender);
    if (this.#size < this.#max) return;
    const now = this.#nowMs();
    for (const one of this.#names.keys()) this.#remove(one, ({ untilMs }) => untilMs <= now);
    if (this.#size < this.#max) return;
    const all = [...this.#names].flatMap(([one, held]) =>
      held.map((claim) => ({ name: one, held: claim })),
    );
    this.#evict(all, sender);
  }

  /** @param from in the order in which they were heard. */
  #evict(
    from: readonly { readonly name: string; readonly held: HeldClaim<Value> }[],
    sender: string,
  ): void {
    const counts = new Map([[sender, 1]]);
    for (const { held } of from) counts.set(held.sender, (counts.get(held.sender) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const hasMost = (one: string) => counts.get(one) === most;
    const candidate =
      from.find(({ held }) => held.sender === sender && hasMost(sender)) ??
      from.find(({ held }) => hasMost(held.sender)) ??
      from[0];
    if (candidate) this.#remove(candidate.name, (held) => held === candidate.held);
  }

  #remove(name: string, isMeant: (held: HeldClaim<Value>) => boolean): void {
    const before = this.#names.get(name);
    if (!before) return;
    const after = before.filter((held) => !isMeant(held));
    this.#size -= before.length - after.length;
    if (after.length === 0) this.#names.delete(name);
    else this.#names.set(name, after);
  }
}
