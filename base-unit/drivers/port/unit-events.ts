import type { ErrorCode } from '#protocol/errors.ts';
import type { UnitDescribed, UnitEventHappened } from '#protocol/hub-link/base-events.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { UnitState } from '#protocol/presence.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { Reading } from '#protocol/reading.ts';
import type { MissedSamples } from './sample-cursor.ts';

export interface PresenceNow {
  readonly state: UnitState;
  readonly code?: ErrorCode;
  readonly atMs: number;
  readonly lastContactAtMs: number | null;
}

/** What a unit reports to the rest of the base. */
export interface UnitEvents {
  readonly presence: (unitId: UnitId, presence: PresenceNow) => void;
  readonly described: (described: UnitDescribed) => void;
  /** It answers, with its key, at another address than the one it had. */
  readonly moved: (unitId: UnitId, address: UnitAddress) => void;
  readonly readings: (unitId: UnitId, bootId: string, readings: readonly Reading[]) => void;
  /** Counted by the unit's own numbers: there is no reading for these. */
  readonly missed: (unitId: UnitId, missed: MissedSamples) => void;
  readonly happened: (event: UnitEventHappened) => void;
}
