import type { ActionAffordance } from './thing-description.ts';

/** Who may ask a unit for something: a member, only an owner, or only an owner in a browser. */
export type Guard = 'member' | 'owner' | 'owner-in-person';

/** By the meaning that a unit gives to its action; everything else is for members. */
const GUARDS: ReadonlyMap<string, Guard> = new Map<string, Guard>([
  ['board.networkSet', 'owner'],
  ['board.macSet', 'owner'],
  // What software did by mistake, somebody would have to undo with a cable.
  ['board.factoryReset', 'owner-in-person'],
]);

/** Who may invoke an action. */
export function guardOf(action: Pick<ActionAffordance, 'sb:semantic'> | undefined): Guard {
  return GUARDS.get(action?.['sb:semantic'] ?? '') ?? 'member';
}
