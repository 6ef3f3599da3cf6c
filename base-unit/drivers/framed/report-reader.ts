import { FloodGuard } from '../port/flood-guard.ts';
import { ThrottledLog } from '../port/throttled-log.ts';
import type { Logger } from 'pino';
import type { ClockQuality, Reading } from '#protocol/reading.ts';
import type { Event, Report } from '#protocol/unit-link/unit_link_pb.ts';
import { decodeValue } from '#protocol/unit-link/values.ts';
import type { Clock } from '#platform/clock.ts';
import type { MissedSamples, SampleCursor } from '../port/sample-cursor.ts';
import type { DriverEvent } from '../port/unit-driver.ts';
import type { NumberedModel } from './numbered-model.ts';
import type { SubscribedSession } from './subscriber.ts';
import type { UnitTime } from '../port/unit-time.ts';

interface ReportReaderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly time: UnitTime;
  readonly clockQuality: () => ClockQuality;
  readonly cursor: SampleCursor;
}

interface ReadSamples {
  /** The report cannot be true. */
  readonly isLie?: true;
  readonly readings: readonly Reading[];
  readonly missed: MissedSamples | undefined;
}

interface MeasuredTimes {
  readonly measuredAtMs: number;
  readonly receivedAtMs: number;
}

/** Reports and events in a second, beyond which the surplus is dropped: a bound, not a pace. */
const MAX_PER_SECOND = 1_000;
/** No unit stores a sample for longer, whatever uptime it reports. */
const MAX_AGE_MS = 30 * 86_400_000;

/** Turns what a unit reports unasked into readings and events with honest times. */
export class ReportReader {
  readonly #deps: ReportReaderDeps;
  readonly #flood: FloodGuard;
  readonly #complaints: ThrottledLog;
  #lastSampleAtMs = 0;

  constructor(deps: ReportReaderDeps) {
    this.#deps = deps;
    this.#flood = new FloodGuard(deps.clock, MAX_PER_SECOND);
    this.#complaints = new ThrottledLog(deps);
  }

  /**
   * Each sample once, and the ones missing before them. Values that do not fit the
   * description are dropped: such a unit is not trusted.
   */
  samples(
    report: Report,
    { identity, model }: Pick<SubscribedSession, 'identity' | 'model'>,
  ): ReadSamples {
    if (this.#isFlooded()) return { readings: [], missed: undefined };
    const times = this.#sampleTimesOf(report.uptimeMs);
    const { repeated, missed, isLie } = this.#deps.cursor.advance(
      { seq: report.seq, count: report.values.length, measuredAtMs: times.measuredAtMs },
      identity.bootId,
    );
    if (isLie) {
      this.#complaints.warn({ seq: report.seq }, 'impossible sample number');
      return { readings: [], missed: undefined, isLie };
    }
    if (missed) {
      const { fromSeq, toSeq, count } = missed;
      this.#complaints.warn({ fromSeq, toSeq, count }, 'samples lost at the unit');
    }
    const clock = this.#deps.clockQuality();
    const readings = report.values.flatMap(({ pid, value }, index): Reading[] => {
      if (index < repeated) return [];
      const property = model.propertyByPid(pid);
      const json = property && decodeValue(property.affordance, value);
      if (property === undefined || json === undefined) {
        this.#complaints.warn({ pid }, 'undescribed property reported');
        return [];
      }
      return [{ property: property.name, value: json, ...times, clock, seq: report.seq + index }];
    });
    return { readings, missed };
  }

  event(event: Event, model: NumberedModel): DriverEvent | undefined {
    if (this.#isFlooded()) return undefined;
    const described = model.eventByPid(event.pid);
    if (!described) {
      this.#complaints.warn({ pid: event.pid }, 'undescribed event reported');
      return undefined;
    }
    const schema = described.affordance.data;
    const data =
      schema === undefined || schema.type === 'object'
        ? undefined
        : decodeValue(schema, event.data);
    return {
      seq: event.seq,
      event: described.name,
      ...(data === undefined ? {} : { data }),
      ...this.#timesOf(event.uptimeMs),
    };
  }

  /** The unit took its samples in order, however our knowledge of its clock changes in between. */
  #sampleTimesOf(uptimeMs: bigint): MeasuredTimes {
    const times = this.#timesOf(uptimeMs);
    const measuredAtMs = Math.min(
      times.receivedAtMs,
      Math.max(times.measuredAtMs, this.#lastSampleAtMs),
    );
    this.#lastSampleAtMs = measuredAtMs;
    return { ...times, measuredAtMs };
  }

  #timesOf(uptimeMs: bigint): MeasuredTimes {
    const receivedAtMs = Math.round(this.#deps.clock.nowMs());
    const said = this.#deps.time.ageMs(Number(uptimeMs), this.#deps.clock.monotonicMs());
    const age = Math.min(said, MAX_AGE_MS);
    return { measuredAtMs: Math.max(0, Math.round(receivedAtMs - age)), receivedAtMs };
  }

  #isFlooded(): boolean {
    if (!this.#flood.isSurplus()) return false;
    const { dropped } = this.#flood;
    this.#complaints.warn({ dropped }, 'report flood, surplus dropped');
    return true;
  }
}
