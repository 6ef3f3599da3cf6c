import type { LogEntryBody, UnitAssignment } from '#protocol/hub-link/base-log.ts';
import type { UnitId } from '#protocol/ids.ts';

/** What a log entry says of some units of a base: how they stand, or that they are gone. */
export function assigned(
  ids: readonly UnitId[],
  there: readonly UnitAssignment[],
): Extract<LogEntryBody, { type: 'units.assigned' }>['data'] {
  const wanted = new Set(ids);
  const units = there.filter(({ unitId }) => wanted.has(unitId));
  const found = new Set(units.map(({ unitId }) => unitId));
  return { units, removed: ids.filter((id) => !found.has(id)) };
}
