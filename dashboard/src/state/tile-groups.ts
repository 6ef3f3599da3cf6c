import type { UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';

export interface TileGroup {
  /** '' for units without a place. */
  readonly place: string;
  readonly unitIds: readonly UnitId[];
}

/** One for all comparisons: `localeCompare` with options makes another for each of them. */
const names = new Intl.Collator(undefined, { numeric: true });

type Placed = Pick<UnitView, 'id' | 'place' | 'name'>;

/**
 * Units by place, in the user's order; units without a position follow, by name. A
 * place is positioned by its first unit; units without a place come last.
 */
export function groupTiles(
  units: readonly Placed[],
  layout: readonly string[],
  query: string,
): TileGroup[] {
  const rank = new Map(layout.map((id, index) => [id, index]));
  const rankOf = (unit: Placed) => rank.get(unit.id) ?? Infinity;
  const wanted = units.filter((unit) => matches(unit, query));
  const ordered = wanted.toSorted((a, b) => {
    const [first, second] = [rankOf(a), rankOf(b)];
    return first === second ? names.compare(a.name, b.name) : first - second;
  });
  const groups = new Map<string, UnitId[]>();
  for (const unit of ordered) {
    const group = groups.get(unit.place);
    if (group) group.push(unit.id);
    else groups.set(unit.place, [unit.id]);
  }
  return [...groups]
    .map(([place, unitIds]) => ({ place, unitIds }))
    .sort((a, b) => Number(a.place === '') - Number(b.place === ''));
}

function matches(unit: Placed, query: string): boolean {
  const text = `${unit.name} ${unit.place}`.toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The groups after one unit moved to another's position within the same group. */
export function moveTile(
  groups: readonly TileGroup[],
  moved: UnitId,
  target: UnitId,
): readonly TileGroup[] {
  return groups.map((group) => {
    const from = group.unitIds.indexOf(moved);
    const to = group.unitIds.indexOf(target);
    if (from < 0 || to < 0 || from === to) return group;
    return { ...group, unitIds: group.unitIds.toSpliced(from, 1).toSpliced(to, 0, moved) };
  });
}

/** The unit before (-1) or after (1) another in its group. */
export function neighbourOf(
  groups: readonly TileGroup[],
  unitId: UnitId,
  step: -1 | 1,
): UnitId | undefined {
  const group = groups.find(({ unitIds }) => unitIds.includes(unitId));
  return group?.unitIds[group.unitIds.indexOf(unitId) + step];
}
