import { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import type {
  HistoryAnswer,
  HistoryPoint,
  HistoryQuery,
  Resolution,
  UnitView,
} from '#protocol/http/units.ts';
import type { UserId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { fromJsonColumn } from '../store/json-column.ts';
import { propertyKeyOf } from '../store/properties.ts';
import type { QueryThread } from '../store/query-thread.ts';
import {
  type HistoryRange,
  bucketHistory,
  countReadings,
  meansOf,
  rawHistory,
} from '../store/readings.ts';
import { gapsOf } from '../store/reading-gaps.ts';
import type { Db } from '../store/schema.ts';
import type { UnitRecord } from '../store/units.ts';
import type { FairShare } from './fair-share.ts';

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
const SPARKLINE_SPAN_MS = 86_400_000;
const SPARKLINE_BUCKET_MS = SPARKLINE_SPAN_MS / 96;
/** In one answer; with so many lines that there would be more, each has fewer points. */
const SPARKLINE_POINTS = 100_000;
/** Between two pieces the event loop goes on. */
const SPARKLINE_PIECE = 500;

const Points = z.array(z.tuple([z.number(), z.number()]));

type Sparklines = Record<string, Record<string, [number, number][]>>;

/** Parsed, with the defaults in. */
export type HistoryAsk = z.output<typeof HistoryQuery>;

export interface HistoryServiceDeps {
  readonly db: Db;
  readonly reader: QueryThread;
  readonly share: FairShare;
}

/** What was measured: raw, or as min, max, mean, last and count of spans of time. */
export class HistoryService {
  readonly #deps: HistoryServiceDeps;

  constructor(deps: HistoryServiceDeps) {
    this.#deps = deps;
  }

  /** @throws `rate_limited` when the user asks for too much at once. */
  async query(userId: UserId, unit: UnitRecord, ask: HistoryAsk): Promise<HistoryAnswer> {
    return await this.#deps.share.run(userId, () => this.#query(unit, ask));
  }

  /** The last 24 hours in up to 96 means per numeric property that only reports. */
  async sparklines(units: readonly UnitView[], nowMs: number): Promise<Sparklines> {
    const wanted = units.flatMap(sparklinesOf);
    const lines: Sparklines = Object.fromEntries(units.map(({ id }) => [id, {}]));
    let bucketMs = SPARKLINE_BUCKET_MS;
    while ((wanted.length * SPARKLINE_SPAN_MS) / bucketMs > SPARKLINE_POINTS) bucketMs *= 2;
    const toMs = Math.ceil(nowMs / bucketMs) * bucketMs;
    const spans = { fromMs: toMs - SPARKLINE_SPAN_MS, toMs, bucketMs };
    for (let start = 0; start < wanted.length; start += SPARKLINE_PIECE) {
      const piece = wanted.slice(start, start + SPARKLINE_PIECE);
      for (const { unitId, name } of piece) Object.assign(lines[unitId] ?? {}, { [name]: [] });
      for (const { line, points } of await meansOf(this.#deps.reader, piece, spans)) {
        const of = piece[line];
        const ofUnit = of && lines[of.unitId];
        if (ofUnit) ofUnit[of.name] = fromJsonColumn(Points, points);
      }
    }
    return lines;
  }

  async #query(unit: UnitRecord, ask: HistoryAsk): Promise<HistoryAnswer> {
    const { property, from: fromMs, to: toMs } = ask;
    if (unit.description) checkNumeric(unit.description, property);
    const propertyKey = await propertyKeyOf(this.#deps.db, unit.key, property);
    if (propertyKey === undefined && !unit.description) throw new AppError('unit_undescribed');
    const range = { propertyKey: propertyKey ?? 0, fromMs, toMs, limit: LIMITS.historyPoints + 1 };
    const bucketMs = propertyKey === undefined ? 0 : await this.#bucketMs(ask.resolution, range);
    const points = propertyKey === undefined ? [] : await this.#points(range, bucketMs);
    const more = points.length > LIMITS.historyPoints;
    const kept = more ? wholeMoments(points.slice(0, LIMITS.historyPoints + 1)) : points;
    const next = more ? points[kept.length]?.atMs : undefined;
    const gaps = await gapsOf(this.#deps.reader, {
      unitKey: unit.key,
      fromMs,
      toMs,
      parts: GAP_PARTS,
    });
    return { property, fromMs, toMs, bucketMs, points: kept, gaps, nextFromMs: next ?? null };
  }

  async #points(range: HistoryRange, bucketMs: number): Promise<HistoryPoint[]> {
    if (bucketMs === 0) {
      const rows = await rawHistory(this.#deps.reader, range);
      return rows.map(({ measured_at: atMs, value }) => {
        return { atMs, min: value, max: value, mean: value, last: value, count: 1 };
      });
    }
    const buckets = await bucketHistory(this.#deps.reader, { ...range, bucketMs });
    return buckets.map(({ at, ...bucket }) => ({ atMs: at, ...bucket }));
  }

  async #bucketMs(resolution: Resolution, range: HistoryRange): Promise<number> {
    if (resolution === 'raw') return 0;
    if (resolution !== 'auto') return SPANS.find(({ name }) => name === resolution)?.ms ?? 0;
    const count = await countReadings(this.#deps.reader, { ...range, limit: AUTO_POINTS + 1 });
    if (count <= AUTO_POINTS) return 0;
    const wantedMs = (range.toMs - range.fromMs) / AUTO_POINTS;
    return (SPANS.find(({ ms }) => ms >= wantedMs) ?? SPANS.at(-1))?.ms ?? 0;
  }
}

function sparklinesOf(unit: UnitView): { unitId: string; name: string }[] {
  return Object.entries(unit.description?.properties ?? {}).flatMap(([name, property]) => {
    const numeric = property.type === 'number' || property.type === 'integer';
    return numeric && property.readOnly && unit.reported[name] ? [{ unitId: unit.id, name }] : [];
  });
}

/**
 * The answer goes on at the first moment that is left out, so a moment with
 * several readings is never cut in two.
 */
function wholeMoments(points: readonly HistoryPoint[]): HistoryPoint[] {
  const firstLeftOut = points.at(-1)?.atMs;
  const whole = points.filter((point) => point.atMs !== firstLeftOut);
  // More readings of one moment than an answer holds: the rest of them is lost to raw queries.
  return whole.length > 0 ? whole : points.slice(0, -1);
}

function checkNumeric(description: ThingDescription, property: string): void {
  const affordance = Object.hasOwn(description.properties, property)
    ? description.properties[property]
    : undefined;
  if (!affordance) throw new AppError('affordance_unknown');
  if (affordance.type === 'string') throw new AppError('property_not_numeric');
}
