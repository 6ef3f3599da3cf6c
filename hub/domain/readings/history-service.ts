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
import { dirtyHoursIn } from '../../store/dirty-hours.ts';
import { storedProperty } from '../../store/properties.ts';
import { type RetentionFloors, retentionOf } from '../../store/reading-retention.ts';
import { ROLL_UP_MS, type RollUp, hasRollUps, rollUpSlice } from '../../store/reading-rollups.ts';
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
import { type HistoryPart, historyParts } from './history-plan.ts';
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

type Page = Pick<HistoryAnswer, 'bucketMs' | 'source' | 'points' | 'nextFromMs'>;

interface StoredProperty {
  readonly key: number;
  readonly rolledUpFromMs: number;
}

/** A range of a property, and what is kept of it. */
interface Wanted extends HistoryRange {
  readonly property: StoredProperty;
  readonly kept: RetentionFloors;
}

/** Rows of a roll-up in one query. */
const ROLL_UP_ROWS = 20_000;
/** With more hours outdated than these, all is read from readings. */
const MAX_DIRTY_HOURS = 1_000;
const NOTHING_REMOVED: RetentionFloors = { rawMs: 0, minuteMs: 0, hourMs: 0 };

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
    const { db, reader } = this.#deps;
    const { property: name, from: fromMs, to: toMs } = request;
    if (unit.description) checkNumeric(unit.description, name);
    const property = await storedProperty(db, unit.key, name);
    if (!property && !unit.description) throw new AppError('unit_undescribed');
    const kept = (await retentionOf(db, unit.siteId))?.floors ?? NOTHING_REMOVED;
    const range = { propertyKey: property?.key ?? 0, fromMs, toMs };
    const page = property
      ? await this.#page(
          request.resolution,
          { ...range, limit: LIMITS.historyPoints + 1, property, kept },
          read,
        )
      : { bucketMs: 0, source: 'raw' as const, points: [], nextFromMs: null };
    const gaps = await gapsOf(
      reader,
      { unitKey: unit.key, fromMs, toMs, parts: GAP_PARTS },
      read.turn,
    );
    return {
      ...{ property: name, fromMs, toMs },
      ...page,
      kept: { rawFromMs: kept.rawMs, minutesFromMs: kept.minuteMs, hoursFromMs: kept.hourMs },
      gaps,
    };
  }

  async #page(resolution: Resolution, wanted: Wanted, read: Read): Promise<Page> {
    const { fromMs, kept } = wanted;
    const bucketMs = await this.#bucketMs(resolution, wanted, read);
    // What the floor hides may still be there, in part.
    const range = { ...wanted, fromMs: Math.max(fromMs, kept.rawMs) };
    if (bucketMs === 0) return { bucketMs, source: 'raw', ...(await this.#raw(range, read)) };
    const rollUp = rollUpFor(bucketMs);
    const parts: readonly HistoryPart[] = rollUp
      ? await this.#parts(rollUp, wanted, read)
      : [{ from: 'readings', fromMs: range.fromMs, toMs: range.toMs }];
    const isRolledUp = rollUp !== undefined && parts.some(({ from }) => from === rollUp);
    const source = isRolledUp ? SOURCES[rollUp] : 'raw';
    return { bucketMs, source, ...(await this.#buckets(wanted, { bucketMs, parts }, read)) };
  }

  async #parts(rollUp: RollUp, wanted: Wanted, read: Read): Promise<readonly HistoryPart[]> {
    const { fromMs, toMs, propertyKey, property, kept } = wanted;
    const dirtyHours = await dirtyHoursIn(
      this.#deps.reader,
      { propertyKey, fromMs, toMs, limit: MAX_DIRTY_HOURS + 1 },
      read.turn,
    );
    const isTooMany = dirtyHours.length > MAX_DIRTY_HOURS;
    return historyParts({
      ...{ fromMs, toMs, rollUp, dirtyHours },
      rolledUpFromMs: isTooMany ? toMs : property.rolledUpFromMs,
      readingsFromMs: kept.rawMs,
      rollUpFromMs: rollUp === 'reading_minutes' ? kept.minuteMs : kept.hourMs,
    });
  }

  async #raw(
    range: HistoryRange,
    { turn }: Read,
  ): Promise<Pick<HistoryAnswer, 'points' | 'nextFromMs'>> {
    const rows = await rawHistory(this.#deps.reader, range, turn);
    const points = rows.map(({ atMs, value }) => {
      return { atMs, min: value, max: value, mean: value, last: value, count: 1 };
    });
    if (points.length <= LIMITS.historyPoints) return { points, nextFromMs: null };
    const kept = wholeMoments(points);
    return { points: kept, nextFromMs: points[kept.length]?.atMs ?? null };
  }

  /** Slice by slice, each of which waits for its turn among those of others. */
  async #buckets(
    { toMs, propertyKey }: Wanted,
    { bucketMs, parts }: { readonly bucketMs: number; readonly parts: readonly HistoryPart[] },
    read: Read,
  ): Promise<Pick<HistoryAnswer, 'points' | 'nextFromMs'>> {
    const { clock } = this.#deps;
    const endMs = clock.monotonicMs() + BUDGET_MS;
    const size = new SliceSize();
    const buckets: Bucket[] = [];
    let fromMs = parts[0]?.fromMs ?? toMs;
    for (const part of parts) {
      while (fromMs < part.toMs && buckets.length <= LIMITS.historyPoints) {
        if (!read.isWanted()) throw new AppError('not_ready');
        // At least one span must be complete, or the next request would repeat this one.
        if (buckets.length > 1 && clock.monotonicMs() >= endMs) break;
        const slice = { ...part, propertyKey, fromMs };
        fromMs = await this.#slice({ slice, bucketMs, size, buckets }, read);
      }
      if (fromMs < part.toMs) break;
    }
    const points = buckets.map(pointOf);
    const isWhole = fromMs >= toMs && points.length <= LIMITS.historyPoints;
    if (isWhole) return { points, nextFromMs: null };
    // The last one may have been cut in the middle.
    const kept = points.slice(0, Math.min(points.length - 1, LIMITS.historyPoints));
    return { points: kept, nextFromMs: points[kept.length]?.atMs ?? null };
  }

  /** Adds the beginning of a part; answers where the rest begins. */
  async #slice(
    read: {
      readonly slice: HistoryPart & { readonly propertyKey: number };
      readonly bucketMs: number;
      readonly size: SliceSize;
      readonly buckets: Bucket[];
    },
    { turn }: Read,
  ): Promise<number> {
    const { reader } = this.#deps;
    const { slice, bucketMs, size, buckets } = read;
    const { from, fromMs } = slice;
    if (from === 'readings') {
      const found = await bucketSlice(reader, { ...slice, limit: size.rows, bucketMs }, turn);
      size.record(found.durationMs);
      for (const bucket of found.buckets) addBucket(buckets, bucket);
      return found.toMs;
    }
    const stepMs = ROLL_UP_MS[from];
    const enough = (LIMITS.historyPoints + 2) * (bucketMs / stepMs);
    const limit = Math.min(enough, ROLL_UP_ROWS);
    const range = { ...slice, fromMs: floorTo(fromMs, stepMs), limit };
    const found = await rollUpSlice(reader, from, { range, bucketMs, turn });
    for (const bucket of found.buckets) addBucket(buckets, bucket);
    return found.toMs;
  }

  /** As requested, unless so much detail is not kept for all of the range. */
  async #bucketMs(resolution: Resolution, wanted: Wanted, read: Read): Promise<number> {
    const { fromMs, toMs, kept } = wanted;
    const { rawMs, minuteMs } = kept;
    const isRawThere = !(await this.#hasHours(wanted, rawMs, read));
    const leastMs = isRawThere
      ? 0
      : (await this.#hasHours(wanted, minuteMs, read))
        ? ROLL_UP_MS.reading_hours
        : ROLL_UP_MS.reading_minutes;
    if (resolution === 'raw') return leastMs;
    if (resolution !== 'auto') {
      return Math.max(leastMs, SPANS.find(({ name }) => name === resolution)?.ms ?? 0);
    }
    if (isRawThere) {
      const limit = AUTO_POINTS + 1;
      const range = { ...wanted, fromMs: Math.max(fromMs, rawMs), limit };
      const count = await countReadings(this.#deps.reader, range, read.turn);
      if (count <= AUTO_POINTS) return 0;
    }
    const wantedMs = Math.max(leastMs, (toMs - fromMs) / AUTO_POINTS);
    return (SPANS.find(({ ms }) => ms >= wantedMs) ?? SPANS.at(-1))?.ms ?? 0;
  }

  /** Whether there was anything in a range before a time from which something is kept. */
  async #hasHours(wanted: Wanted, beforeMs: number, { turn }: Read): Promise<boolean> {
    const { propertyKey, fromMs } = wanted;
    const toMs = Math.min(wanted.toMs, beforeMs);
    if (fromMs >= toMs) return false;
    const range = {
      propertyKey,
      fromMs: floorTo(fromMs, ROLL_UP_MS.reading_hours),
      toMs,
      limit: 1,
    };
    return await hasRollUps(this.#deps.reader, 'reading_hours', { range, turn });
  }
}

const SOURCES = { reading_minutes: '1m', reading_hours: '1h' } as const;

/** The roll-up with the fewest rows that buckets of this span can be made of. */
function rollUpFor(bucketMs: number): RollUp | undefined {
  if (bucketMs % ROLL_UP_MS.reading_hours === 0) return 'reading_hours';
  return bucketMs % ROLL_UP_MS.reading_minutes === 0 ? 'reading_minutes' : undefined;
}

function floorTo(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs;
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
