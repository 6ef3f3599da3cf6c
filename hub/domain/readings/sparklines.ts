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
/** A board waits no longer for its lines; those that were not read in time are as they were last time. */
const BUDGET_MS = 400;
/** Lines kept from the last time, each of at most 96 points. */
const MAX_KEPT = 5_000;

type Points = [number, number][];
export type Lines = Record<string, Record<string, Points>>;

interface Line extends WantedLine {
  /** Later readings are in `means` already. */
  unreadToMs: number;
  readonly means: Map<number, Mean>;
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
    const endMs = clock.monotonicMs() + BUDGET_MS;
    const names = units.flatMap(lineNames);
    let bucketMs = BUCKET_MS;
    while ((names.length * SPAN_MS) / bucketMs > MAX_POINTS) bucketMs *= 2;
    const toMs = Math.ceil(nowMs / bucketMs) * bucketMs;
    const lines = names.map((name): Line => {
      return { ...name, fromMs: toMs - SPAN_MS, toMs, unreadToMs: toMs, means: new Map() };
    });
    const isLate = (): boolean => clock.monotonicMs() >= endMs;
    const unread = await this.#read(lines, { owner, bucketMs, isLate });
    const answer: Lines = Object.fromEntries(units.map(({ id }) => [id, {}]));
    for (const line of lines) {
      const points = this.#pointsOf(line, unread.has(line));
      Object.assign(answer[line.unitId] ?? {}, { [line.name]: points });
    }
    return answer;
  }

  /** Fills the lines from their newest ends on; those that there was no time for. */
  async #read(
    lines: readonly Line[],
    read: { readonly owner: string; readonly bucketMs: number; readonly isLate: () => boolean },
  ): Promise<ReadonlySet<Line>> {
    const { owner, bucketMs, isLate } = read;
    const unread = new Set(lines);
    const size = new SliceSize();
    // Every line gets its newest part before any gets its older ones.
    const start = (this.#begunAt.get(owner) ?? 0) % Math.max(1, lines.length);
    let round: readonly Line[] = [...lines.slice(start), ...lines.slice(0, start)];
    while (round.length > 0) {
      const rest: Line[] = [];
      for (let next = 0; next < round.length; next += PIECE) {
        if (isLate()) {
          this.#begunAt.set(owner, start + next);
          return unread;
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
    return unread;
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
