import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type { UnitSession } from '../drivers/port/unit-driver.ts';
import type { UnitId } from '#protocol/ids.ts';

/** Work on a unit besides commands, which go first: one step at a time, in the current session. */
export interface MaintenanceTask {
  /** On the monotonic clock; Infinity: nothing to do until the unit connects again. */
  readonly dueAtMs: number;
  /** Must end within a few answers of the unit. */
  readonly step: (session: UnitSession) => Promise<void>;
}

/** Supplies maintenance tasks. */
export interface Maintenance {
  /** The unit sent hello in a new session. */
  readonly connected: (unitId: UnitId, identity: UnitIdentity) => void;
  readonly of: (unitId: UnitId) => MaintenanceTask | undefined;
  /** The unit no longer belongs to this base. */
  readonly removed: (unitId: UnitId) => void;
}
