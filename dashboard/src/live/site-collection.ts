import type { AppError, ErrorCode } from '#protocol/errors.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import { asAppError } from '#client/http-client.ts';
import { retryAfterMsOf } from '#client/retry-after.ts';
import { Cell } from '#client/cell.ts';
import type { Clock } from '#client/clock.ts';
import { fullJitter } from '#client/full-jitter.ts';
import type { SiteJoined } from '#client/channel-client.ts';
import type { SiteChange } from '#client/site-change.ts';
import type { SiteCursor, SiteDelta } from '#protocol/hub-link/site-channel.ts';

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
  /** Something was missed: asks for it. The answer comes as {@link SiteCollection.joined}. */
  readonly onGap: () => void;
  readonly clock: Clock;
  readonly random?: () => number;
}

/** Deltas kept while a snapshot, or what was missed, is on its way; more than that, and it is fetched again anyway. */
const MAX_HELD_DELTAS = 2_000;

/**
 * Keeps a site's state equal to the hub's: a snapshot, then the deltas after it
 * (docs/channels.md section 8). After a cut, or where a delta is missing, it asks for what
 * changed since; only where the hub cannot say so it fetches a snapshot again. What comes
 * meanwhile is held and applied on top.
 */
export class SiteCollection {
  readonly status = new Cell<CollectionStatus>({ phase: 'loading' });
  /** Where in the site's events what is shown stands: moves with each of them. */
  readonly position = new Cell<Pick<SiteCursor, 'epoch' | 'rev'> | undefined>(undefined);
  readonly #deps: SiteCollectionDeps;
  #cursor: SiteCursor | undefined;
  #hasJoined = false;
  /** What was missed is on its way. */
  #isResuming = false;
  /** Where the deltas began, while the snapshot on its way may be of before. */
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

  /** Fetches the snapshot, replacing a fetch under way: the newest answer counts. */
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

  /** Where it stands; what comes from now on is held until the hub has said what was missed. */
  beginResume(): SiteCursor | undefined {
    if (this.#cursor) this.#isResuming = true;
    return this.#cursor;
  }

  /**
   * All deltas after `cursor` come from now on. The first snapshot may have
   * been asked for before: where it is as new, no other is needed.
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

  /** From here, with what was held meanwhile on top. */
  #goOn(cursor: SiteCursor): void {
    this.#cursor = { ...cursor };
    this.#isResuming = false;
    this.position.set(this.#cursor);
    this.status.set({ phase: 'ready', loadedAtMs: this.#deps.clock.now() });
    const held = this.#held;
    this.#held = [];
    if (this.#overflowed) {
      this.load();
      return;
    }
    // Of another life of the site's events: what stands there is in the answer already.
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
