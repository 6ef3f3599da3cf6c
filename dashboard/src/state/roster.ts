import type { UnitView } from '#protocol/http/units.ts';

/** A unit as far as lists and counts of the whole site go: none of its values. */
export type RosterEntry = Pick<
  UnitView,
  'id' | 'name' | 'place' | 'endpoint' | 'presence' | 'identity' | 'update'
>;

/**
 * The roster after a change of units. Keeps its identity while nothing in it
 * differs: values change many times a second, names and presences do not.
 */
export function rosterOf(
  units: readonly UnitView[],
  before: readonly RosterEntry[],
): readonly RosterEntry[] {
  const isSame =
    units.length === before.length &&
    units.every((unit, index) => {
      const entry = before[index];
      return entry !== undefined && sameEntry(entry, unit);
    });
  if (isSame) return before;
  return units.map(({ id, name, place, endpoint, presence, identity, update }) => ({
    id,
    name,
    place,
    endpoint,
    presence,
    identity,
    update,
  }));
}

/** Whether a unit's entry in the roster is unchanged. */
export function sameEntry(entry: RosterEntry, unit: RosterEntry): boolean {
  return (
    entry.id === unit.id &&
    entry.name === unit.name &&
    entry.place === unit.place &&
    // These keep their identity while values come in.
    entry.endpoint === unit.endpoint &&
    entry.identity === unit.identity &&
    entry.update === unit.update &&
    entry.presence.state === unit.presence.state &&
    entry.presence.code === unit.presence.code
  );
}
