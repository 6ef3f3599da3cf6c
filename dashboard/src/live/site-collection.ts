import type { AppError, ErrorCode } from '#protocol/errors.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import { asAppError } from '#client/http-client.ts';
import { retryAfterMsOf } from '#client/retry-after.ts';
import { Cell } from '#client/cell.ts';
import type { Clock } from '#client/clock.ts';
import { fullJitter } from '#client/full-jitter.ts';
import type { SiteChange, SiteCursor } from '#client/site-change.ts';

export type CollectionStatus =
  | { readonly phase: 'loading' }
  | {
      readonly phase: 'ready';
      readonly loadedAtMs: number;
      /** Set while a newer snapshot is needed and cannot be had: what is shown is from `loadedAtMs`. */
      readonly code?: ErrorCode;
    }
  /** Nothing to show yet, and why; it is tried again by itself. */
  | { readonly phase: 'failed'; readonly code: ErrorCode };

interface SiteCollectionDeps {
  readonly fetchSnapshot: (signal: AbortSignal) => Promise<SiteSnapshot>;
  readonly target: {
    applySnapshot: (snapshot: SiteSnapshot) => void;
    applyChange: (change: SiteChange) => void;
  };
  readonly clock: Clock;
  readonly random?: () => number;
}

/** Changes kept while a snapshot is on its way; more than that, and it is fetched again anyway. */
const MAX_HELD_CHANGES = 2_000;

/**
 * Keeps a site's state equal to the hub's: a snapshot, then the deltas after
 * it (docs/channels.md section 8). A jump of `rev` or another epoch fetches
 * the snapshot again; what came meanwhile is held and applied on top.
 */
export class SiteCollection {
  readonly status = new Cell<CollectionStatus>({ phase: 'loading' });
  readonly #deps: SiteCollectionDeps;
  #cursor: { epoch: string; rev: number } | undefined;
  #hasJoined = false;
  /** Where the deltas began, while the snapshot on its way may be of before. */
  #deltasFrom: SiteCursor | undefined;
  #held: SiteChange[] = [];
  #overflowed = false;
  #fetch: AbortController | undefined;
  #cancelRetry: (() => void) | undefined;
  #attempts = 0;
  #closed = false;

  constructor(deps: SiteCollectionDeps) {
    this.#deps = deps;
  }

  /** Fetches the snapshot, replacing a fetch under way: the newest answer counts. */
  load(): void {
    if (this.#closed) return;
    this.#fetch?.abort();
    this.#cancelRetry?.();
    this.#cursor = undefined;
    this.#overflowed = false;
    const fetch = new AbortController();
    this.#fetch = fetch;
    void this.#deps.fetchSnapshot(fetch.signal).then(
      (snapshot) => {
        if (this.#fetch === fetch) this.#loaded(snapshot);
      },
      (error: unknown) => {
        if (this.#fetch === fetch) this.#failed(asAppError(error));
      },
    );
  }

  /**
   * All deltas after `cursor` come from now on. The first snapshot may have
   * been asked for before: where it is as new, no other is needed.
   */
  joined(cursor: SiteCursor | undefined): void {
    const isFirst = !this.#hasJoined;
    this.#hasJoined = true;
    if (isFirst && cursor && this.#fetch) this.#deltasFrom = cursor;
    else if (!isFirst || !cursor || !this.#cursor || !reaches(this.#cursor, cursor)) this.load();
  }

  receive(change: SiteChange): void {
    if (this.#closed) return;
    if (!this.#cursor) {
      if (this.#held.length < MAX_HELD_CHANGES) this.#held.push(change);
      else this.#overflowed = true;
      return;
    }
    const { epoch, rev } = change.delta;
    if (epoch === this.#cursor.epoch && rev <= this.#cursor.rev) return;
    if (epoch !== this.#cursor.epoch || rev > this.#cursor.rev + 1) {
      this.#held = [change];
      this.load();
      return;
    }
    this.#cursor.rev = rev;
    this.#deps.target.applyChange(change);
  }

  close(): void {
    this.#closed = true;
    this.#fetch?.abort();
    this.#fetch = undefined;
    this.#cancelRetry?.();
    this.#held = [];
  }

  #loaded(snapshot: SiteSnapshot): void {
    this.#fetch = undefined;
    this.#attempts = 0;
    this.#cursor = { ...snapshot.cursor };
    this.#deps.target.applySnapshot(snapshot);
    this.status.set({ phase: 'ready', loadedAtMs: this.#deps.clock.now() });
    const held = this.#held;
    this.#held = [];
    const from = this.#deltasFrom;
    this.#deltasFrom = undefined;
    if (this.#overflowed || (from && !reaches(snapshot.cursor, from))) {
      this.load();
      return;
    }
    // Changes of an earlier life of the hub are in the snapshot already.
    const current = held.filter((change) => change.delta.epoch === snapshot.cursor.epoch);
    for (const change of current) this.receive(change);
  }

  #failed(error: AppError): void {
    this.#fetch = undefined;
    const { code } = error;
    const status = this.status.get();
    this.status.set(status.phase === 'ready' ? { ...status, code } : { phase: 'failed', code });
    const delayMs = retryAfterMsOf(error) + fullJitter(this.#attempts, this.#deps.random);
    this.#attempts += 1;
    this.#cancelRetry = this.#deps.clock.after(delayMs, () => this.load());
  }
}

/** Whether nothing between the two is missing. */
function reaches(cursor: { epoch: string; rev: number }, from: SiteCursor): boolean {
  return cursor.epoch === from.epoch && cursor.rev >= from.rev;
}
