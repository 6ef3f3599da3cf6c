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

/** A restart that comes hours after somebody wanted it hits a unit that is in use. */
const AT_ONCE: ReadonlySet<string> = new Set(['board.reset', 'board.factoryReset']);

/** Whether an action is done within `LIMITS.invokeTtlMs` or not at all, whatever time to live is asked for. */
export function isAtOnce(action: Pick<ActionAffordance, 'sb:semantic'>): boolean {
  return AT_ONCE.has(action['sb:semantic'] ?? '');
}

/** Who may invoke an action. */
export function guardOf(action: Pick<ActionAffordance, 'sb:semantic'> | undefined): Guard {
  return GUARDS.get(action?.['sb:semantic'] ?? '') ?? 'member';
}
