import type { LogEntryBody } from '#protocol/hub-link/base-log.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { UnitsOfBase } from '../../store/assignments.ts';

/** The entry about some units of a base: their state, or their removal. */
export function assigned(
  ids: readonly UnitId[],
  there: UnitsOfBase,
): Extract<LogEntryBody, { type: 'units.assigned' }>['data'] {
  const wanted = new Set(ids);
  const units = there.units.filter(({ unitId }) => wanted.has(unitId));
  return { units, removed: ids.filter((id) => !there.ids.has(id)) };
}
