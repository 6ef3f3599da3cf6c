import type { ErrorCode } from '#protocol/errors.ts';
import { accountOf, type Principal } from '../../domain/accounts/principal.ts';
import { FairSlots, type Release } from '#platform/sharing/fair-slots.ts';

export interface AdmissionBounds {
  /** Sockets of one person, and of one base: one of these takes over from another. */
  readonly perOwner: number;
  /**
   * Bases that are connected and have not joined their channel. A hub that
   * restarts meets all of its bases at once: let in all together, each would
   * wait longer than it is willing to, and none would get through. Shared fairly
   * between accounts, their sites and the bases of those.
   */
  readonly joiningBases: number;
}

export const DEFAULT_ADMISSION: AdmissionBounds = { perOwner: 64, joiningBases: 256 };

/** Connections of one base that have not joined: the one that broke off, and its successor. */
const JOINING_PER_BASE = 2;

/** Which sockets are let in. Each must be told of again when it joins, and when it goes. */
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
   * @param entering for a base `path`, whose share it takes (bases/base-shares.ts), and
   *   `giveWay`, called when one with more right to it needs its place.
   * @returns the code of the refusal; undefined: it is in.
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
