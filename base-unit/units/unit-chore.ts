import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import type { ConnectedUnit } from '../drivers/port/unit-driver.ts';
import type { UnitId } from '#protocol/ids.ts';

/** Work on a unit that gives way to commands: one step at a time, on whatever connection there is. */
export interface UnitChore {
  /** On the monotonic clock; Infinity: nothing to do until the unit says hello again. */
  readonly dueAtMs: number;
  /** Takes no longer than a few answers of the unit. */
  readonly step: (connected: ConnectedUnit) => Promise<void>;
}

/** Who has such work. */
export interface UnitChores {
  /** The unit said hello on a new connection. */
  readonly greeted: (unitId: UnitId, identity: UnitIdentity) => void;
  readonly of: (unitId: UnitId) => UnitChore | undefined;
  /** The unit is none of this base any more. */
  readonly removed: (unitId: UnitId) => void;
}
