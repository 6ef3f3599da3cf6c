import type { AppError, ErrorCode } from '#protocol/errors.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import { asAppError } from '#client/http-client.ts';
import { retryAfterMsOf } from '#client/retry-after.ts';
import { Cell } from '#client/cell.ts';
import type { Clock } from '#client/clock.ts';
import { fullJitter } from '#client/full-jitter.ts';
import type { SiteJoined } from '#client/channel-client.ts';
import type { SiteChange } from '#client/site-change.ts';
import type { SiteDelta } from '#protocol/hub-link/site-channel.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';

export type CollectionStatus =
  | { readonly phase: 'loading' }
  | {
      readonly phase: 'ready';
      readonly loadedAtMs: number;
      /** Set while a newer snapshot is needed and unavailable: the data is from `loadedAtMs`. */
      readonly code?: ErrorCode;
    }
  /** Nothing to show yet, and why; retried automatically. */
  | { readonly phase: 'failed'; readonly code: ErrorCode };

interface SiteCollectionDeps {
  readonly fetchSnapshot: (signal: AbortSignal) => Promise<SiteSnapshot>;
  readonly target: {
    applySnapshot: (snapshot: SiteSnapshot) => void;
    applyChange: (change: SiteChange) => void;
  };
  /** Something was missed: requests it. The answer comes through {@link SiteCollection.joined}. */
  readonly onGap: () => void;
  readonly clock: Clock;
  readonly random?: () => number;
}

/**
 * Deltas held while a snapshot, or the missed part, is being fetched; beyond this it is
 * fetched again anyway.
 */
const MAX_HELD_DELTAS = 2_000;

/**
 * Keeps a site's state equal to the hub's: a snapshot, then the deltas after it
 * (docs/channels.md section 8). After a reconnect or a gap it requests what changed
 * since; only if the hub cannot provide it, it fetches a snapshot again. Deltas that
 * arrive meanwhile are held and applied on top.
 */
export class SiteCollection {
  readonly status = new Cell<CollectionStatus>({ phase: 'loading' });
  /** The position of the shown data in the site's events; moves with each delta. */
  readonly position = new Cell<Pick<SiteCursor, 'epoch' | 'rev'> | undefined>(undefined);
  readonly #deps: SiteCollectionDeps;
  #cursor: SiteCursor | undefined;
  #hasJoined = false;
  /** The missed part is being fetched. */
  #isResuming = false;
  /** Where the deltas began, while the snapshot being fetched may be older. */
  #deltasFrom: SiteCursor | undefined;
  #held: SiteDelta[] = [];
  #overflowed = false;
  #fetch: AbortController | undefined;
  #cancelRetry: (() => void) | undefined;
  #attempts = 0;
  #closed = false;

  constructor(deps: SiteCollectionDeps) {
    this.#deps = deps;
  }

  /** Fetches the snapshot, replacing a fetch in progress: the newest answer counts. */
  load(): void {
    if (this.#closed) return;
    this.#fetch?.abort();
    this.#cancelRetry?.();
    this.#cursor = undefined;
    this.#isResuming = false;
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

  /** The current position; later deltas are held until the hub has sent what was missed. */
  beginResume(): SiteCursor | undefined {
    if (this.#cursor) this.#isResuming = true;
    return this.#cursor;
  }

  /**
   * All deltas after `cursor` follow. The first snapshot may have been requested
   * earlier: if it is as new, no other is needed.
   */
  joined({ cursor, resumed }: SiteJoined): void {
    const isFirst = !this.#hasJoined;
    this.#hasJoined = true;
    if (this.#isResuming && this.#cursor && cursor && resumed?.recovered === true) {
      for (const part of resumed.parts) this.#deps.target.applyChange(part);
      this.#goOn(cursor);
    } else if (isFirst && cursor && this.#fetch) this.#deltasFrom = cursor;
    else if (!isFirst || !cursor || !this.#cursor || !reaches(this.#cursor, cursor)) this.load();
    else this.#goOn(this.#cursor);
  }

  receive(delta: SiteDelta): void {
    if (this.#closed) return;
    if (!this.#cursor || this.#isResuming) {
      if (this.#held.length < MAX_HELD_DELTAS) this.#held.push(delta);
      else this.#overflowed = true;
      return;
    }
    const { place, readings } = delta;
    if (place) {
      const isOther = place.epoch !== this.#cursor.epoch;
      if (!isOther && place.rev <= this.#cursor.rev) return;
      if (isOther || place.after > this.#cursor.rev) {
        this.#held = [delta];
        this.#isResuming = true;
        this.#deps.onGap();
        return;
      }
      this.#cursor = { ...this.#cursor, rev: place.rev };
      this.position.set(this.#cursor);
    }
    if (readings !== undefined) {
      this.#cursor = { ...this.#cursor, readings: Math.max(readings, this.#cursor.readings) };
    }
    for (const part of delta.parts) this.#deps.target.applyChange(part);
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
    this.#deps.target.applySnapshot(snapshot);
    const from = this.#deltasFrom;
    this.#deltasFrom = undefined;
    const isBehind = from !== undefined && !reaches(snapshot.cursor, from);
    this.#goOn(snapshot.cursor);
    if (isBehind) this.load();
  }

  /** From here, with the held deltas on top. */
  #goOn(cursor: SiteCursor): void {
    this.#cursor = { ...cursor };
    this.#isResuming = false;
    this.position.set(this.#cursor);
    this.status.set({ phase: 'ready', loadedAtMs: this.#deps.clock.nowMs() });
    const held = this.#held;
    this.#held = [];
    if (this.#overflowed) {
      this.load();
      return;
    }
    // Of another epoch of the site's events: the answer already contains that state.
    const current = held.filter(({ place }) => !place || place.epoch === cursor.epoch);
    for (const delta of current) this.receive(delta);
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
function reaches(cursor: SiteCursor, from: SiteCursor): boolean {
  return cursor.epoch === from.epoch && cursor.rev >= from.rev;
}
