import type { UnitView } from '#protocol/http/units.ts';

/** What a control is called where its surroundings are not seen: on a board of lamps all are "On". */
export function controlName(unit: Pick<UnitView, 'name'>, title: string): string {
  return `${unit.name}: ${title}`;
}
