import type { Clock } from '#platform/clock.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { Reading } from '#protocol/reading.ts';
import type { MissedSamples } from '../drivers/port/sample-cursor.ts';
import type { DriverEvent, UnitSession } from '../drivers/port/unit-driver.ts';
import type { UnitEvents } from '../drivers/port/unit-events.ts';
import type { PresenceTracker } from './presence-tracker.ts';

export interface SessionReportsDeps {
  readonly clock: Clock;
  readonly unitId: UnitId;
  readonly presence: PresenceTracker;
  readonly events: UnitEvents;
}

/** What a unit reports unasked, over all its sessions: a sign of life, and for the outbox. */
export class SessionReports {
  readonly #deps: SessionReportsDeps;

  constructor(deps: SessionReportsDeps) {
    this.#deps = deps;
  }

  readings(readings: readonly Reading[], { identity }: UnitSession): void {
    const { clock, events, presence, unitId } = this.#deps;
    presence.heard(clock.nowMs());
    if (readings.length > 0) events.readings(unitId, identity.bootId, readings);
  }

  missed(missed: MissedSamples): void {
    const { events, unitId } = this.#deps;
    events.missed(unitId, missed);
  }

  event(happened: DriverEvent, { identity }: UnitSession): void {
    const { events, unitId } = this.#deps;
    events.happened({ unitId, bootId: identity.bootId, ...happened });
  }
}
