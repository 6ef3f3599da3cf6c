import type { ErrorCode } from '#protocol/errors.ts';
import type { HistoryPoint, HistorySource } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { Reading, ReadingGap } from '#protocol/reading.ts';
import { asAppError } from '#client/http-client.ts';
import type { SiteApi } from '#client/site-api.ts';
import type { Clock } from '#client/clock.ts';
import { Cell } from '#client/cell.ts';
import { withGap, withReading } from './history-series.ts';
import type { SiteStore } from './site-store.ts';

/** A window to fetch. */
export interface FetchedWindow {
  readonly fromMs: number;
  /** Null: up to now, and growing. */
  readonly toMs: number | null;
}

export interface History {
  readonly points: readonly HistoryPoint[];
  /** Readings of the unit that never came, oldest first. */
  readonly gaps: readonly ReadingGap[];
  readonly bucketMs: number;
  /** What the points were made of. */
  readonly source: HistorySource;
  readonly loading: boolean;
  readonly code: ErrorCode | undefined;
}

interface HistoryFeedDeps {
  readonly api: Pick<SiteApi, 'history'>;
  readonly store: Pick<SiteStore, 'hubNow' | 'onReadings' | 'onGap'>;
  readonly clock: Clock;
  readonly unitId: UnitId;
  readonly property: string;
}

/** Answers fetched for one window; each has up to 2,000 points. */
const MAX_PAGES = 4;
/** Readings are added together this often: a chart that moves more often is no easier to read. */
const FLUSH_MS = 200;
/** Readings kept while a window is being fetched; the oldest go first. */
const MAX_HELD = 2_000;

/** The history of a property in a window; one that reaches to now grows with each reading. */
export class HistoryFeed {
  readonly state = new Cell<History>({
    points: [],
    gaps: [],
    bucketMs: 0,
    source: 'raw',
    loading: true,
    code: undefined,
  });
  readonly #deps: HistoryFeedDeps;
  #fetch: AbortController | undefined;
  #isLive = false;
  #held: Reading[] = [];
  #cancelFlush: (() => void) | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(deps: HistoryFeedDeps) {
    this.#deps = deps;
  }

  /** Follows new readings until it is closed. It may be reopened. */
  open(): void {
    if (this.#unsubscribe) return;
    const { store, unitId } = this.#deps;
    const endReadings = store.onReadings(unitId, (readings) => this.#hold(readings));
    const endGaps = store.onGap(unitId, (gap) => {
      const before = this.state.get();
      this.state.set({ ...before, gaps: withGap(before.gaps, gap) });
    });
    this.#unsubscribe = () => {
      endReadings();
      endGaps();
    };
  }

  /** Fetches a window. The shown data stays until the answer arrives. */
  show({ fromMs, toMs }: FetchedWindow): void {
    this.#fetch?.abort();
    const fetch = new AbortController();
    this.#fetch = fetch;
    this.#isLive = toMs === null;
    this.#held = [];
    this.state.set({ ...this.state.get(), loading: true, code: undefined });
    const untilMs = toMs ?? this.#deps.store.hubNow();
    this.#fetchPages(fromMs, untilMs, fetch.signal).then(
      (loaded) => {
        if (this.#fetch !== fetch) return;
        this.#fetch = undefined;
        // A bucket counts only new readings: none that the answer already includes.
        if (loaded.bucketMs > 0) {
          this.#held = this.#held.filter(({ measuredAtMs }) => measuredAtMs > untilMs);
        }
        this.state.set({ ...loaded, loading: false, code: undefined });
        this.#flush();
      },
      (error: unknown) => {
        if (this.#fetch !== fetch) return;
        this.#fetch = undefined;
        this.state.set({ ...this.state.get(), loading: false, code: asAppError(error).code });
        this.#flush();
      },
    );
  }

  close(): void {
    this.#fetch?.abort();
    this.#fetch = undefined;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#held = [];
  }

  #hold(readings: readonly Reading[]): void {
    if (!this.#isLive) return;
    const { property, clock } = this.#deps;
    const mine = readings.filter(
      ({ property: name, value }) => name === property && typeof value !== 'string',
    );
    if (mine.length === 0) return;
    this.#held = [...this.#held, ...mine].slice(-MAX_HELD);
    // Readings that arrive while a window is fetched may be missing from its answer: they are added
    // afterwards.
    if (this.#fetch) return;
    this.#cancelFlush ??= clock.after(FLUSH_MS, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    const before = this.state.get();
    let { points } = before;
    for (const { value, measuredAtMs } of held) {
      points = withReading(points, before.bucketMs, {
        atMs: measuredAtMs,
        value: Number(value),
      });
    }
    if (points !== before.points) this.state.set({ ...before, points });
  }

  async #fetchPages(
    fromMs: number,
    toMs: number,
    signal: AbortSignal,
  ): Promise<Pick<History, 'points' | 'gaps' | 'bucketMs' | 'source'>> {
    const { api, unitId, property } = this.#deps;
    const points: HistoryPoint[] = [];
    let gaps: readonly ReadingGap[] = [];
    let bucketMs = 0;
    let source: HistorySource = 'raw';
    let from: number | null = Math.floor(fromMs);
    for (let page = 0; page < MAX_PAGES && from !== null; page += 1) {
      const answer = await api.history(
        unitId,
        { property, from, to: Math.ceil(toMs), resolution: 'auto' },
        signal,
      );
      points.push(...answer.points);
      for (const gap of answer.gaps) gaps = withGap(gaps, gap);
      bucketMs = answer.bucketMs;
      source = answer.source;
      from = answer.nextFromMs;
    }
    return { points, gaps, bucketMs, source };
  }
}
