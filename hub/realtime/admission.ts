import type { ErrorCode } from '#protocol/errors.ts';
import type { Caller } from '../accounts/caller.ts';

export interface AdmissionBounds {
  /** Sockets of one person, and of one base while one takes over from another. */
  readonly perOwner: number;
  /**
   * Bases that are connected and have not joined their channel. A hub that
   * restarts meets all of its bases at once: let in all together, each would
   * wait longer than it is willing to, and none would get through.
   */
  readonly joiningBases: number;
}

export const DEFAULT_ADMISSION: AdmissionBounds = { perOwner: 64, joiningBases: 256 };

/** Which sockets are let in. Each must be told of again when it joins, and when it goes. */
export class Admission {
  readonly #bounds: AdmissionBounds;
  readonly #owners = new Map<string, string>();
  readonly #owned = new Map<string, number>();
  readonly #joiningBases = new Set<string>();

  constructor(bounds: AdmissionBounds) {
    this.#bounds = bounds;
  }

  /** Sockets that are in. */
  get size(): number {
    return this.#owners.size;
  }

  /** @returns the code of the refusal; undefined: it is in. */
  enter(socketId: string, caller: Caller): ErrorCode | undefined {
    const owner = ownerOf(caller);
    const owned = this.#owned.get(owner) ?? 0;
    if (owned >= this.#bounds.perOwner) return 'rate_limited';
    if (caller.kind === 'base') {
      if (this.#joiningBases.size >= this.#bounds.joiningBases) return 'overloaded';
      this.#joiningBases.add(socketId);
    }
    this.#owners.set(socketId, owner);
    this.#owned.set(owner, owned + 1);
    return undefined;
  }

  /** A base has its channel. */
  joined(socketId: string): void {
    this.#joiningBases.delete(socketId);
  }

  leave(socketId: string): void {
    this.#joiningBases.delete(socketId);
    const owner = this.#owners.get(socketId);
    if (owner === undefined) return;
    this.#owners.delete(socketId);
    const left = (this.#owned.get(owner) ?? 1) - 1;
    if (left > 0) this.#owned.set(owner, left);
    else this.#owned.delete(owner);
  }
}

export function ownerOf(caller: Caller): string {
  return caller.kind === 'base' ? caller.baseId : caller.userId;
}
