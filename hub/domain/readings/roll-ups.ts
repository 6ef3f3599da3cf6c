import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import {
  claimDirtyHours,
  HOUR_MS,
  type HourMark,
  settleDirtyHours,
} from '../../store/dirty-hours.ts';
import { drainLateReadings, type LateReading } from '../../store/late-readings.ts';
import type { ReadQueries } from '../../store/engine/read-queries.ts';
import {
  moveRolledUpFrom,
  nextUnrolled,
  putRollUps,
  ROLL_UP_MS,
  type RolledUp,
} from '../../store/reading-rollups.ts';
import { type Bucket, bucketSlice } from '../../store/readings.ts';
import type { Tx } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import { addBucket, toLongerBuckets } from './merge-buckets.ts';
import { SliceSize } from './slice-size.ts';

export interface RollUpsDeps {
  readonly unitOfWork: UnitOfWork;
  readonly reader: ReadQueries;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Between two pieces others get their turn. */
const BUSY_MS = 50;
const IDLE_MS = 10_000;
/** Hours in one piece. */
const HOURS = 50;
/** An hour is rolled up once it is over and what was measured in it has had time to arrive. */
const GRACE_MS = 60_000;
/** A claim this old is of a hub that is gone. */
const STALE_MS = 5 * 60_000;
/** Late readings in one piece. */
const LATE = 500;
/** Readings from before there were roll-ups, in one piece. */
const OLD = 50_000;

const TURN = { owner: WRITERS.hub, pool: 'upkeep' } as const;

interface RollUpRows {
  readonly minutes: readonly RolledUp[];
  readonly hours: readonly RolledUp[];
}

/**
 * Keeps readings by the minute and by the hour. Hours with new readings are marked by the
 * transaction that stores these; here they are claimed, read beside the writer, and stored
 * where nothing was added meanwhile. Any number of hubs may do this at once.
 */
export class RollUps {
  readonly #deps: RollUpsDeps;
  readonly #size = new SliceSize();
  #cancelTimer: CancelTimer | undefined;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(deps: RollUpsDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#schedule(IDLE_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  /** One piece of all that is to be done; whether there may be more. */
  async runPiece(): Promise<boolean> {
    const hours = await this.#rollUpHours();
    const late = await this.#addLate();
    const old = await this.#rollUpOld();
    return hours || late || old;
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#cancelTimer = this.#deps.clock.after(delayMs, () => {
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    let isMore = false;
    try {
      isMore = await this.runPiece();
    } catch (error) {
      if (!this.#closed) this.#deps.log.error({ err: error }, 'readings not rolled up');
    }
    this.#schedule(isMore ? BUSY_MS : IDLE_MS);
  }

  async #rollUpHours(): Promise<boolean> {
    const { unitOfWork, clock } = this.#deps;
    const nowMs = clock.nowMs();
    const token = randomUUID();
    const claim = { token, nowMs, staleBeforeMs: nowMs - STALE_MS, limit: HOURS };
    const toMs = nowMs - HOUR_MS - GRACE_MS;
    const marks = await unitOfWork.run(
      ({ tx }) => claimDirtyHours(tx, { ...claim, toMs }),
      WRITERS.hub,
    );
    if (marks.length === 0) return false;
    const rolledUp = new Map<HourMark, RollUpRows>();
    for (const mark of marks) {
      const { propertyKey, hourMs } = mark;
      const range = { propertyKey, fromMs: hourMs, toMs: hourMs + HOUR_MS };
      rolledUp.set(mark, await this.#read(range));
    }
    await unitOfWork.run(async ({ tx }) => {
      const settled = await settleDirtyHours(tx, token, inOrder(marks));
      const rows = settled.flatMap((mark) => rolledUp.get(mark) ?? []);
      await put(tx, rows, 'replace');
    }, WRITERS.hub);
    return marks.length === HOURS;
  }

  /** Readings that the site no longer keeps: what was rolled up before stays in. */
  async #addLate(): Promise<boolean> {
    return await this.#deps.unitOfWork.run(async ({ tx }) => {
      const late = await drainLateReadings(tx, LATE);
      await put(tx, [rowsOfLate(late)], 'merge');
      return late.length === LATE;
    }, WRITERS.hub);
  }

  /** From the newest to the oldest; what was rolled up meanwhile, since it was marked, is newer. */
  async #rollUpOld(): Promise<boolean> {
    const { reader, unitOfWork } = this.#deps;
    const next = await nextUnrolled(reader, { limit: OLD, turn: TURN });
    if (!next) return false;
    const { propertyKey, fromMs, rolledUpFromMs } = next;
    const rows = await this.#read({ propertyKey, fromMs, toMs: rolledUpFromMs });
    await unitOfWork.run(async ({ tx }) => {
      await put(tx, [rows], 'keep');
      await moveRolledUpFrom(tx, next, fromMs);
    }, WRITERS.hub);
    return true;
  }

  /** Slice by slice, beside the writer. */
  async #read(range: {
    readonly propertyKey: number;
    readonly fromMs: number;
    readonly toMs: number;
  }): Promise<RollUpRows> {
    const { propertyKey, toMs } = range;
    const minutes: Bucket[] = [];
    let fromMs = range.fromMs;
    while (fromMs < toMs) {
      const limit = this.#size.rows;
      const bucketMs = ROLL_UP_MS.reading_minutes;
      const slice = await bucketSlice(
        this.#deps.reader,
        { propertyKey, fromMs, toMs, limit, bucketMs },
        TURN,
      );
      this.#size.record(slice.durationMs);
      for (const bucket of slice.buckets) addBucket(minutes, bucket);
      fromMs = slice.toMs;
    }
    return rowsOf(propertyKey, minutes);
  }
}

/** Two hubs that store marks at once do so in one order. */
function inOrder(marks: readonly HourMark[]): HourMark[] {
  return marks.toSorted((a, b) => a.propertyKey - b.propertyKey || a.hourMs - b.hourMs);
}

function rowsOf(propertyKey: number, minutes: readonly Bucket[]): RollUpRows {
  const of = (bucket: Bucket): RolledUp => ({ ...bucket, propertyKey });
  return {
    minutes: minutes.map(of),
    hours: toLongerBuckets(minutes, ROLL_UP_MS.reading_hours).map(of),
  };
}

function rowsOfLate(late: readonly LateReading[]): RollUpRows {
  const byProperty = new Map<number, LateReading[]>();
  for (const reading of late) {
    const ofProperty = byProperty.get(reading.propertyKey);
    if (ofProperty) ofProperty.push(reading);
    else byProperty.set(reading.propertyKey, [reading]);
  }
  const all = [...byProperty].map(([propertyKey, readings]) => {
    const single = readings
      .toSorted((a, b) => a.measuredAtMs - b.measuredAtMs || a.seq - b.seq)
      .map(({ measuredAtMs, value }): Bucket => {
        const span = { min: value, max: value, mean: value, count: 1 };
        return { ...span, at: measuredAtMs, last: value, lastAtMs: measuredAtMs };
      });
    return rowsOf(propertyKey, toLongerBuckets(single, ROLL_UP_MS.reading_minutes));
  });
  return {
    minutes: all.flatMap(({ minutes }) => minutes),
    hours: all.flatMap(({ hours }) => hours),
  };
}

async function put(
  tx: Tx,
  rows: readonly RollUpRows[],
  how: 'replace' | 'keep' | 'merge',
): Promise<void> {
  const minutes = rows.flatMap((one) => one.minutes);
  const hours = rows.flatMap((one) => one.hours);
  await putRollUps(tx, 'reading_minutes', { rows: minutes, how });
  await putRollUps(tx, 'reading_hours', { rows: hours, how });
}
