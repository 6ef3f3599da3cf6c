import type { Logger } from 'pino';
import type { UnitEventHappened } from '#protocol/hub-link/base-events.ts';
import type { ClockQuality, Reading } from '#protocol/reading.ts';
import type { Event, Report } from '#protocol/unit-link/unit_link_pb.ts';
import { decodeValue } from '#protocol/unit-link/values.ts';
import type { Clock } from '../clock.ts';
import type { UnitModel } from './unit-model.ts';
import type { UnitTime } from './unit-time.ts';

interface ReportReaderDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly time: UnitTime;
  readonly clockQuality: () => ClockQuality;
}

/** Reports and events in a second, beyond which the surplus is dropped: a bound, not a pace. */
const MOST_PER_SECOND = 1_000;
const COMPLAIN_EVERY_MS = 10_000;

/** Turns what a unit tells unasked into readings and events with honest times (hop 11). */
export class ReportReader {
  readonly #deps: ReportReaderDeps;
  #windowStartMs = 0;
  #inWindow = 0;
  #complainedAtMs = Number.NEGATIVE_INFINITY;
  dropped = 0;

  constructor(deps: ReportReaderDeps) {
    this.#deps = deps;
  }

  /** Values that do not fit the description are left out: a unit that lies is not believed. */
  readings(report: Report, model: UnitModel): Reading[] {
    if (this.#isFlooded()) return [];
    const times = this.#timesOf(report.uptimeMs);
    const clock = this.#deps.clockQuality();
    return report.values.flatMap(({ pid, value }): Reading[] => {
      const property = model.propertyByPid(pid);
      const json = property && decodeValue(property.affordance, value);
      if (property === undefined || json === undefined) {
        this.#complain({ pid }, 'unit reported what it did not describe');
        return [];
      }
      return [{ property: property.name, value: json, ...times, clock, seq: report.seq }];
    });
  }

  event(event: Event, model: UnitModel): Omit<UnitEventHappened, 'unitId' | 'bootId'> | undefined {
    if (this.#isFlooded()) return undefined;
    const described = model.eventByPid(event.pid);
    if (!described) {
      this.#complain({ pid: event.pid }, 'unit told of an event it did not describe');
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

  #timesOf(uptimeMs: bigint): { readonly measuredAtMs: number; readonly receivedAtMs: number } {
    const receivedAtMs = Math.round(this.#deps.clock.nowMs());
    const age = this.#deps.time.ageMs(Number(uptimeMs), this.#deps.clock.monotonicMs());
    return { measuredAtMs: Math.max(0, Math.round(receivedAtMs - age)), receivedAtMs };
  }

  #isFlooded(): boolean {
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#windowStartMs >= 1_000) {
      this.#windowStartMs = now;
      this.#inWindow = 0;
    }
    this.#inWindow += 1;
    if (this.#inWindow <= MOST_PER_SECOND) return false;
    this.dropped += 1;
    this.#complain({ dropped: this.dropped }, 'unit floods, its surplus reports are dropped');
    return true;
  }

  #complain(fields: Record<string, number>, message: string): void {
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#complainedAtMs < COMPLAIN_EVERY_MS) return;
    this.#complainedAtMs = now;
    this.#deps.log.warn(fields, message);
  }
}
