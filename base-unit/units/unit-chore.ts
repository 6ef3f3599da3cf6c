import type { UnitId } from '#protocol/ids.ts';
import type { UnitParty } from '#protocol/unit-link/unit_link_pb.ts';
import type { ConnectedUnit } from './connected-unit.ts';

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
  readonly greeted: (unitId: UnitId, party: UnitParty) => void;
  readonly of: (unitId: UnitId) => UnitChore | undefined;
  /** The unit is none of this base any more. */
  readonly removed: (unitId: UnitId) => void;
}
