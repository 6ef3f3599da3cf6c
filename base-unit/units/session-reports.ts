import type { Clock } from '#platform/clock.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import type { Event, Report } from '#protocol/unit-link/unit_link_pb.ts';
import type { ReportReader } from '../drivers/framed/report-reader.ts';
import type { UnitSession } from '../drivers/port/unit-driver.ts';
import type { UnitEvents } from '../drivers/port/unit-events.ts';
import type { PresenceTracker } from './presence-tracker.ts';

export interface SessionReportsDeps {
  readonly clock: Clock;
  readonly unitId: UnitId;
  readonly reader: ReportReader;
  readonly presence: PresenceTracker;
  readonly events: UnitEvents;
}

/** What a unit reports unasked, over all its sessions: a sign of life, and for the outbox. */
export class SessionReports {
  readonly #deps: SessionReportsDeps;

  constructor(deps: SessionReportsDeps) {
    this.#deps = deps;
  }

  report(report: Report, session: UnitSession): void {
    const { events, reader, unitId } = this.#deps;
    const { readings, missed, isLie } = reader.samples(report, session);
    if (isLie) {
      session.refuse('unit_protocol_error');
      return;
    }
    if (missed) events.missed(unitId, missed);
    this.readings(readings, session);
  }

  readings(readings: readonly Reading[], { identity }: UnitSession): void {
    const { clock, events, presence, unitId } = this.#deps;
    presence.heard(clock.nowMs());
    if (readings.length > 0) events.readings(unitId, identity.bootId, readings);
  }

  event(event: Event, { identity, model }: UnitSession): void {
    const { events, reader, unitId } = this.#deps;
    const happened = reader.event(event, model);
    if (happened) events.happened({ unitId, bootId: identity.bootId, ...happened });
  }
}
