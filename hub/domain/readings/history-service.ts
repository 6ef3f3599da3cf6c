import type { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import type {
  HistoryAnswer,
  HistoryPoint,
  HistoryQuery,
  Resolution,
} from '#protocol/http/units.ts';
import type { UserId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import type { Clock } from '#platform/clock.ts';
import { propertyKeyOf } from '../../store/properties.ts';
import type { ReadQueries, ReadTurn } from '../../store/engine/read-queries.ts';
import {
  type Bucket,
  type HistoryRange,
  bucketSlice,
  countReadings,
  rawHistory,
} from '../../store/readings.ts';
import { gapsOf } from '../../store/reading-gaps.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitRecord } from '../../store/units.ts';
import type { PerUserLimiter } from '#platform/sharing/per-user-limiter.ts';
import { addBucket } from './merge-buckets.ts';
import { SliceSize } from './slice-size.ts';

const SPANS: readonly { readonly name: Resolution; readonly ms: number }[] = [
  { name: '1s', ms: 1_000 },
  { name: '10s', ms: 10_000 },
  { name: '1m', ms: 60_000 },
  { name: '10m', ms: 600_000 },
  { name: '1h', ms: 3_600_000 },
  { name: '1d', ms: 86_400_000 },
];

/** With `auto`, about this many points: what a wide chart can show. */
const AUTO_POINTS = 1_000;
/** Gaps of one reason in an answer, about. */
const GAP_PARTS = 200;
/** After this time an answer ends, and says where to continue. */
const BUDGET_MS = 30_000;

/** Parsed, with the defaults in. */
export type HistoryRequest = z.output<typeof HistoryQuery>;

/** For whom is read. */
interface Read {
  readonly turn: ReadTurn;
  readonly isWanted: () => boolean;
}

type Part = Pick<HistoryAnswer, 'points' | 'nextFromMs'>;

export interface HistoryServiceDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly reader: ReadQueries;
  readonly share: PerUserLimiter;
}

/** Measured values: raw, or as min, max, mean, last and count per span of time. */
export class HistoryService {
  readonly #deps: HistoryServiceDeps;

  constructor(deps: HistoryServiceDeps) {
    this.#deps = deps;
  }

  /**
   * @param by who asks, and whether they still wait for the answer.
   * @throws `rate_limited` when the user requests too much at once.
   */
  async query(
    by: { readonly userId: UserId; readonly isWanted: () => boolean },
    unit: UnitRecord,
    request: HistoryRequest,
  ): Promise<HistoryAnswer> {
    const { userId, isWanted } = by;
    return await this.#deps.share.run(userId, () =>
      this.#query(unit, request, { turn: { owner: userId, pool: 'history' }, isWanted }),
    );
  }

  async #query(unit: UnitRecord, request: HistoryRequest, read: Read): Promise<HistoryAnswer> {
    const { property, from: fromMs, to: toMs } = request;
    if (unit.description) checkNumeric(unit.description, property);
    const propertyKey = await propertyKeyOf(this.#deps.db, unit.key, property);
    if (propertyKey === undefined && !unit.description) throw new AppError('unit_undescribed');
    const range = { propertyKey: propertyKey ?? 0, fromMs, toMs, limit: LIMITS.historyPoints + 1 };
    const isEmpty = propertyKey === undefined;
    const bucketMs = isEmpty ? 0 : await this.#bucketMs(request.resolution, range, read);
    const { points, nextFromMs } = isEmpty
      ? { points: [], nextFromMs: null }
      : await (bucketMs === 0 ? this.#raw(range, read) : this.#buckets(range, bucketMs, read));
    const gaps = await gapsOf(
      this.#deps.reader,
      { unitKey: unit.key, fromMs, toMs, parts: GAP_PARTS },
      read.turn,
    );
    return { property, fromMs, toMs, bucketMs, points, gaps, nextFromMs };
  }

  async #raw(range: HistoryRange, { turn }: Read): Promise<Part> {
    const rows = await rawHistory(this.#deps.reader, range, turn);
    const points = rows.map(({ atMs, value }) => {
      return { atMs, min: value, max: value, mean: value, last: value, count: 1 };
    });
    if (points.length <= LIMITS.historyPoints) return { points, nextFromMs: null };
    const kept = wholeMoments(points);
    return { points: kept, nextFromMs: points[kept.length]?.atMs ?? null };
  }

  /** Slice by slice, each of which waits for its turn among those of others. */
  async #buckets(range: HistoryRange, bucketMs: number, read: Read): Promise<Part> {
    const { clock, reader } = this.#deps;
    const endMs = clock.monotonicMs() + BUDGET_MS;
    const size = new SliceSize();
    const buckets: Bucket[] = [];
    let fromMs = range.fromMs;
    while (fromMs < range.toMs && buckets.length <= LIMITS.historyPoints) {
      if (!read.isWanted()) throw new AppError('not_ready');
      // At least one span must be complete, or the next request would repeat this one.
      if (buckets.length > 1 && clock.monotonicMs() >= endMs) break;
      const slice = await bucketSlice(
        reader,
        { ...range, fromMs, limit: size.rows, bucketMs },
        read.turn,
      );
      size.record(slice.durationMs);
      for (const bucket of slice.buckets) addBucket(buckets, bucket);
      fromMs = slice.toMs;
    }
    const points = buckets.map(pointOf);
    const isWhole = fromMs >= range.toMs && points.length <= LIMITS.historyPoints;
    if (isWhole) return { points, nextFromMs: null };
    // The last one may have been cut in the middle.
    const kept = points.slice(0, Math.min(points.length - 1, LIMITS.historyPoints));
    return { points: kept, nextFromMs: points[kept.length]?.atMs ?? null };
  }

  async #bucketMs(resolution: Resolution, range: HistoryRange, { turn }: Read): Promise<number> {
    if (resolution === 'raw') return 0;
    if (resolution !== 'auto') return SPANS.find(({ name }) => name === resolution)?.ms ?? 0;
    const limit = AUTO_POINTS + 1;
    const count = await countReadings(this.#deps.reader, { ...range, limit }, turn);
    if (count <= AUTO_POINTS) return 0;
    const wantedMs = (range.toMs - range.fromMs) / AUTO_POINTS;
    return (SPANS.find(({ ms }) => ms >= wantedMs) ?? SPANS.at(-1))?.ms ?? 0;
  }
}

/**
 * The answer continues at the first omitted moment, so a moment with several readings
 * is never split.
 */
function wholeMoments(points: readonly HistoryPoint[]): HistoryPoint[] {
  const firstLeftOut = points.at(-1)?.atMs;
  const whole = points.filter((point) => point.atMs !== firstLeftOut);
  // More readings of one moment than an answer holds: raw queries omit the rest.
  return whole.length > 0 ? whole : points.slice(0, -1);
}

function pointOf({ at: atMs, min, max, mean, last, count }: Bucket): HistoryPoint {
  return { atMs, min, max, mean, last, count };
}

function checkNumeric(description: ThingDescription, property: string): void {
  const affordance = Object.hasOwn(description.properties, property)
    ? description.properties[property]
    : undefined;
  if (!affordance) throw new AppError('affordance_unknown');
  if (affordance.type === 'string') throw new AppError('property_not_numeric');
}
