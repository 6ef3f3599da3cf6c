import { AppError } from '#protocol/errors.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Clock } from '#platform/clock.ts';
import type { ReadQueries } from '../../store/engine/read-queries.ts';
import { type WantedLine, meansSlices } from '../../store/readings.ts';
import { LineMeans, type Segment, addToSegment } from './line-means.ts';
import { SliceSize } from './slice-size.ts';

const SPAN_MS = 86_400_000;
const BUCKET_MS = SPAN_MS / 96;
/** In one answer; with so many lines that there would be more, each has fewer points. */
const MAX_POINTS = 100_000;
/** Stretches of one query. */
const PIECE = 20;
/**
 * No slice begins later; what was not read in time stays as it was. Concurrent callers
 * wait for the next read: at most twice as long.
 */
const BUDGET_MS = 100;
/** Cached sparklines, each of at most 96 spans: the most recently shown. */
const MAX_KEPT = 5_000;

type Points = [number, number][];
export type Lines = Record<string, Record<string, Points>>;
type LineName = Pick<WantedLine, 'unitId' | 'name'>;

interface Read {
  readonly owner: string;
  readonly bucketMs: number;
  readonly size: SliceSize;
}

interface Unread {
  readonly line: LineName;
  readonly segment: Segment;
}

export interface SparklinesDeps {
  readonly reader: ReadQueries;
  readonly clock: Clock;
}

/**
 * The last 24 hours in up to 96 means per numeric read-only property. The means of
 * completed spans are cached: a board reads only what is new.
 */
export class Sparklines {
  readonly #deps: SparklinesDeps;
  readonly #kept = new LruCache<string, LineMeans>(MAX_KEPT);
  /** With which line the next read of an owner begins: where the last one had no time left. */
  readonly #begunAt = new LruCache<string, number>(MAX_KEPT);

  constructor(deps: SparklinesDeps) {
    this.#deps = deps;
  }

  /** Must be called after every commit of readings, or boards show outdated ones. */
  changed(line: LineName, measuredAtMs: number): void {
    this.#kept.peek(keyOf(line))?.changed(measuredAtMs);
  }

  /** @param owner the board's owner: owners take turns. */
  async of(owner: string, units: readonly UnitView[]): Promise<Lines> {
    const nowMs = this.#deps.clock.nowMs();
    const names = units.flatMap(lineNames);
    let bucketMs = BUCKET_MS;
    while ((names.length * SPAN_MS) / bucketMs > MAX_POINTS) bucketMs *= 2;
    const toMs = Math.ceil(nowMs / bucketMs) * bucketMs;
    const range = { fromMs: toMs - Math.max(SPAN_MS, bucketMs), toMs };
    const lines = names.map((line) => {
      const means = this.#meansOf(line, bucketMs);
      return { line, means, segments: means.begin(range, nowMs) };
    });
    const start = (this.#begunAt.get(owner) ?? 0) % Math.max(1, lines.length);
    const inTurn = [...lines.slice(start), ...lines.slice(0, start)];
    const reached = await this.#readInTime({ owner, bucketMs, size: new SliceSize() }, inTurn);
    this.#begunAt.set(owner, start + reached);
    const answer: Lines = Object.fromEntries(units.map(({ id }) => [id, {}]));
    for (const { line, means } of lines) {
      Object.assign(answer[line.unitId] ?? {}, { [line.name]: means.points() });
    }
    return answer;
  }

  #meansOf(line: LineName, bucketMs: number): LineMeans {
    const kept = this.#kept.get(keyOf(line));
    if (kept?.bucketMs === bucketMs) return kept;
    const means = new LineMeans(bucketMs);
    this.#kept.set(keyOf(line), means);
    return means;
  }

  /**
   * Sparklines never block a board: if too much is being read already, the cached ones
   * are shown. Returns how many lines were begun in the round that ran out of time.
   */
  async #readInTime(
    read: Read,
    lines: readonly { readonly line: LineName; readonly segments: readonly Segment[] }[],
  ): Promise<number> {
    const { clock } = this.#deps;
    const endMs = clock.monotonicMs() + BUDGET_MS;
    // Every line gets its newest part before any gets its older ones.
    let round = lines.map(({ line, segments }) => ({ line, segments: [...segments] }));
    while (round.length > 0) {
      round = round.filter(({ segments }) => segments.length > 0);
      for (let next = 0; next < round.length; next += PIECE) {
        if (clock.monotonicMs() >= endMs) return next;
        const piece = round.slice(next, next + PIECE).flatMap(({ line, segments }): Unread[] => {
          const [segment] = segments;
          return segment ? [{ line, segment }] : [];
        });
        if (!(await this.#readPiece(read, piece))) return next;
      }
      for (const { segments } of round) {
        if (segments[0] && segments[0].toMs <= segments[0].fromMs) segments.shift();
      }
    }
    return 0;
  }

  /** Reads the newest end of each stretch; `false` where too much is read already. */
  async #readPiece(read: Read, piece: readonly Unread[]): Promise<boolean> {
    const wanted = {
      lines: piece.map(({ line, segment: { fromMs, toMs } }) => ({ ...line, fromMs, toMs })),
      bucketMs: read.bucketMs,
      limit: Math.ceil(read.size.rows / piece.length),
    };
    try {
      const turn = { owner: read.owner, pool: 'board' } as const;
      const { slices, durationMs } = await meansSlices(this.#deps.reader, wanted, turn);
      read.size.record(durationMs);
      for (const [index, { segment }] of piece.entries()) {
        const slice = slices.get(index);
        const means = new Map(slice?.means.map(({ at, ...mean }) => [at, mean]));
        addToSegment(segment, slice?.fromMs ?? segment.fromMs, means);
      }
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'overloaded') return false;
      throw error;
    }
  }
}

function keyOf({ unitId, name }: LineName): string {
  return `${unitId} ${name}`;
}

function lineNames(unit: UnitView): LineName[] {
  return Object.entries(unit.description?.properties ?? {}).flatMap(([name, property]) => {
    const isNumeric = property.type === 'number' || property.type === 'integer';
    const isReported = Object.hasOwn(unit.reported, name);
    return isNumeric && property.readOnly && isReported ? [{ unitId: unit.id, name }] : [];
  });
}
