import { AppError } from '#protocol/errors.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { Clock } from '#platform/clock.ts';
import type { QueryThread } from '../../store/engine/sqlite/query-thread.ts';
import { type WantedLine, meansSlices } from '../../store/readings.ts';
import { type Mean, mergeMeans } from './merge-means.ts';
import { SliceSize } from './slice-size.ts';

const SPAN_MS = 86_400_000;
const BUCKET_MS = SPAN_MS / 96;
/** In one answer; with so many lines that there would be more, each has fewer points. */
const MAX_POINTS = 100_000;
/** Lines of one query. */
const PIECE = 20;
/**
 * No slice begins later; lines that were not read in time are as they were last time. Who
 * asks meanwhile waits for the next read: twice as long in all.
 */
const BUDGET_MS = 250;
/** Lines kept from the last time, each of at most 96 points. */
const MAX_KEPT = 5_000;

type Points = [number, number][];
export type Lines = Record<string, Record<string, Points>>;

interface Line extends WantedLine {
  /** Later readings are in `means` already. */
  unreadToMs: number;
  readonly means: Map<number, Mean>;
}

interface LinesRead {
  readonly owner: string;
  readonly bucketMs: number;
  /** Those whose older ends were not read yet. */
  readonly unread: Set<Line>;
  readonly isLate: () => boolean;
}

export interface SparklinesDeps {
  readonly reader: QueryThread;
  readonly clock: Clock;
}

/** The last 24 hours in up to 96 means per numeric property that only reports. */
export class Sparklines {
  readonly #deps: SparklinesDeps;
  readonly #kept = new LruCache<string, Points>(MAX_KEPT);
  /** With which line the next read of an owner begins: where the last one had no time left. */
  readonly #begunAt = new LruCache<string, number>(MAX_KEPT);

  constructor(deps: SparklinesDeps) {
    this.#deps = deps;
  }

  /** @param owner whose board it is: those of different owners are read in turns. */
  async of(owner: string, units: readonly UnitView[]): Promise<Lines> {
    const { clock } = this.#deps;
    const nowMs = clock.nowMs();
    const names = units.flatMap(lineNames);
    let bucketMs = BUCKET_MS;
    while ((names.length * SPAN_MS) / bucketMs > MAX_POINTS) bucketMs *= 2;
    const toMs = Math.ceil(nowMs / bucketMs) * bucketMs;
    const lines = names.map((name): Line => {
      return { ...name, fromMs: toMs - SPAN_MS, toMs, unreadToMs: toMs, means: new Map() };
    });
    const unread = new Set(lines);
    await this.#readInTime(lines, { owner, bucketMs, unread });
    const answer: Lines = Object.fromEntries(units.map(({ id }) => [id, {}]));
    for (const line of lines) {
      const points = this.#pointsOf(line, unread.has(line));
      Object.assign(answer[line.unitId] ?? {}, { [line.name]: points });
    }
    return answer;
  }

  /** Lines are no reason to keep a board from anybody: where too much is read already, they are as they were. */
  async #readInTime(lines: readonly Line[], read: Omit<LinesRead, 'isLate'>): Promise<void> {
    const { clock } = this.#deps;
    const endMs = clock.monotonicMs() + BUDGET_MS;
    try {
      await this.#read(lines, { ...read, isLate: () => clock.monotonicMs() >= endMs });
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'overloaded')) throw error;
    }
  }

  /** Fills the lines from their newest ends on, until it is late. */
  async #read(lines: readonly Line[], read: LinesRead): Promise<void> {
    const { owner, bucketMs, unread, isLate } = read;
    const size = new SliceSize();
    // Every line gets its newest part before any gets its older ones.
    const start = (this.#begunAt.get(owner) ?? 0) % Math.max(1, lines.length);
    let round: readonly Line[] = [...lines.slice(start), ...lines.slice(0, start)];
    while (round.length > 0) {
      const rest: Line[] = [];
      for (let next = 0; next < round.length; next += PIECE) {
        if (isLate()) {
          this.#begunAt.set(owner, start + next);
          return;
        }
        const piece = round.slice(next, next + PIECE);
        const limit = Math.ceil(size.rows / piece.length);
        const { slices, tookMs } = await meansSlices(
          this.#deps.reader,
          { lines: piece.map((line) => ({ ...line, toMs: line.unreadToMs })), bucketMs, limit },
          { owner, lane: 'board' },
        );
        size.took(tookMs);
        for (const [index, line] of piece.entries()) {
          const slice = slices.get(index);
          for (const { at, ...mean } of slice?.means ?? []) {
            const before = line.means.get(at);
            line.means.set(at, before ? mergeMeans(before, mean) : mean);
          }
          line.unreadToMs = slice?.fromMs ?? line.fromMs;
          if (line.unreadToMs > line.fromMs) rest.push(line);
          else unread.delete(line);
        }
      }
      round = rest;
    }
  }

  #pointsOf(line: Line, isCut: boolean): Points {
    const key = `${line.unitId} ${line.name}`;
    const read = [...line.means].map(([at, { mean }]): [number, number] => [at, mean]);
    read.sort(([a], [b]) => a - b);
    const [oldest] = read;
    const before = isCut ? (this.#kept.get(key) ?? []) : [];
    const points = [
      ...before.filter(([at]) => at >= line.fromMs && at < (oldest?.[0] ?? line.toMs)),
      ...read,
    ];
    this.#kept.set(key, points);
    return points;
  }
}

function lineNames(unit: UnitView): Pick<WantedLine, 'unitId' | 'name'>[] {
  return Object.entries(unit.description?.properties ?? {}).flatMap(([name, property]) => {
    const isNumeric = property.type === 'number' || property.type === 'integer';
    const isReported = Object.hasOwn(unit.reported, name);
    return isNumeric && property.readOnly && isReported ? [{ unitId: unit.id, name }] : [];
  });
}
