import type { ErrorCode } from '#protocol/errors.ts';
import { accountOf, type Principal } from '../../domain/accounts/principal.ts';
import { FairSlots, type Release } from '#platform/sharing/fair-slots.ts';

export interface AdmissionBounds {
  /** Sockets per person and per base; a new one of a base takes over from the old one. */
  readonly perOwner: number;
  /**
   * Bases that are connected and have not joined their channel. When a hub restarts,
   * all of its bases connect at once: if all were admitted together, each would time
   * out, and none would succeed. Shared fairly between accounts, their sites and those
   * sites' bases.
   */
  readonly joiningBases: number;
}

export const DEFAULT_ADMISSION: AdmissionBounds = { perOwner: 64, joiningBases: 256 };

/** Connections of one base that have not joined: the one that broke off, and its successor. */
const JOINING_PER_BASE = 2;

/** Decides which sockets are admitted. Must be notified when one joins, and when it closes. */
export class Admission {
  readonly #bounds: AdmissionBounds;
  readonly #owners = new Map<string, string>();
  readonly #owned = new Map<string, number>();
  readonly #joining: FairSlots;
  readonly #releases = new Map<string, Release>();

  constructor(bounds: AdmissionBounds) {
    this.#bounds = bounds;
    this.#joining = new FairSlots({
      total: bounds.joiningBases,
      perInnermost: JOINING_PER_BASE,
    });
  }

  /** Sockets that are in. */
  get size(): number {
    return this.#owners.size;
  }

  /**
   * @param entering for a base: `path`, whose share it uses (bases/base-shares.ts), and
   * `giveWay`, called when one with a better claim needs its place.
   * @returns the code of the refusal; undefined: admitted.
   */
  enter(
    socketId: string,
    caller: Principal,
    entering: { readonly path: readonly string[]; readonly giveWay: () => void },
  ): ErrorCode | undefined {
    const owner = ownerOf(caller);
    const owned = this.#owned.get(owner) ?? 0;
    if (owned >= this.#bounds.perOwner) return 'rate_limited';
    if (caller.kind === 'base') {
      const release = this.#joining.acquire(entering.path, entering.giveWay);
      if (!release) return 'overloaded';
      this.#releases.set(socketId, release);
    }
    this.#owners.set(socketId, owner);
    this.#owned.set(owner, owned + 1);
    return undefined;
  }

  /** A base has its channel. */
  joined(socketId: string): void {
    this.#release(socketId);
  }

  leave(socketId: string): void {
    this.#release(socketId);
    const owner = this.#owners.get(socketId);
    if (owner === undefined) return;
    this.#owners.delete(socketId);
    const left = (this.#owned.get(owner) ?? 1) - 1;
    if (left > 0) this.#owned.set(owner, left);
    else this.#owned.delete(owner);
  }

  #release(socketId: string): void {
    this.#releases.get(socketId)?.();
    this.#releases.delete(socketId);
  }
}

export function ownerOf(caller: Principal): string {
  return accountOf(caller);
}
