import { type Mean, mergeMeans } from './merge-means.ts';

/** One span of time of a line, read from its end towards its beginning. */
interface Span {
  readonly at: number;
  readonly endMs: number;
  /** Later readings of the span are in the mean already; at `at`, all of them are. */
  unreadToMs: number;
  mean: Mean | undefined;
  /** The last shown state, for a board whose time ran out before this was read. */
  readonly shown: number | undefined;
}

/** So much of a line is still to be read: spans that follow each other. */
export interface Segment {
  readonly fromMs: number;
  toMs: number;
  /** Newest first. A span that changes meanwhile is another one in the line. */
  readonly spans: readonly Span[];
}

/**
 * Cached parts of one sparkline: the means of whole spans stay until a reading of that
 * span is stored, so that a board reads each of them once.
 */
export class LineMeans {
  readonly bucketMs: number;
  readonly #spans = new Map<number, Span>();

  constructor(bucketMs: number) {
    this.bucketMs = bucketMs;
  }

  /**
   * What must be read of a range that is aligned to spans; the rest is evicted. Spans
   * that are not over at `nowMs` are read again.
   */
  begin(range: { readonly fromMs: number; readonly toMs: number }, nowMs: number): Segment[] {
    for (const at of this.#spans.keys()) {
      if (at < range.fromMs || at >= range.toMs) this.#spans.delete(at);
    }
    const segments: { fromMs: number; toMs: number; spans: Span[] }[] = [];
    for (let at = range.toMs - this.bucketMs; at >= range.fromMs; at -= this.bucketMs) {
      if (at + this.bucketMs > nowMs) this.changed(at);
      const span = this.#spans.get(at) ?? this.#renew(at);
      if (span.unreadToMs <= at) continue;
      const last = segments.at(-1);
      // A span that was begun is the newest end of its stretch.
      if (last?.fromMs === span.unreadToMs) {
        last.spans.push(span);
        last.fromMs = at;
      } else segments.push({ fromMs: at, toMs: span.unreadToMs, spans: [span] });
    }
    return segments;
  }

  /** A reading of this moment was stored: its span is outdated. */
  changed(atMs: number): void {
    const at = Math.floor(atMs / this.bucketMs) * this.bucketMs;
    if (this.#spans.has(at)) this.#renew(at);
  }

  /** As much as is known, the oldest first. */
  points(): [number, number][] {
    const points: [number, number][] = [];
    for (const span of this.#spans.values()) {
      const value = shownOf(span);
      if (value !== undefined) points.push([span.at, value]);
    }
    return points.sort(([a], [b]) => a - b);
  }

  /** A new object, so that a running read does not count for it. */
  #renew(at: number): Span {
    const before = this.#spans.get(at);
    const endMs = at + this.bucketMs;
    const shown = before && shownOf(before);
    const span = { at, endMs, unreadToMs: endMs, mean: undefined, shown };
    this.#spans.set(at, span);
    return span;
  }
}

/** The end of a stretch was read, from `fromMs` on. */
export function addToSegment(
  segment: Segment,
  fromMs: number,
  means: ReadonlyMap<number, Mean>,
): void {
  for (const span of segment.spans) {
    const readToMs = Math.min(span.endMs, segment.toMs);
    // Unless another read finished first.
    if (readToMs <= fromMs || span.unreadToMs !== readToMs) continue;
    const mean = means.get(span.at);
    if (mean) span.mean = span.mean ? mergeMeans(span.mean, mean) : mean;
    span.unreadToMs = Math.max(span.at, fromMs);
  }
  segment.toMs = fromMs;
}

function shownOf({ at, unreadToMs, mean, shown }: Span): number | undefined {
  return unreadToMs <= at ? mean?.mean : (mean?.mean ?? shown);
}
