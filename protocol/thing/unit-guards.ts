import type { SitePermission } from '../access/permissions.ts';
import type { ActionAffordance } from './thing-description.ts';

/** By the meaning that a unit gives to its action; everything else is control. */
const PERMISSION_BY_MEANING: ReadonlyMap<string, SitePermission> = new Map<string, SitePermission>([
  ['board.networkSet', 'unit.network'],
  ['board.macSet', 'unit.network'],
  ['board.factoryReset', 'unit.factory_reset'],
]);

/** A delayed restart would hit a unit that is in use. */
const AT_ONCE: ReadonlySet<string> = new Set(['board.reset', 'board.factoryReset']);

/** Whether an action must run within `LIMITS.invokeTtlMs`, whatever time to live is requested. */
export function isAtOnce(action: Pick<ActionAffordance, 'sb:semantic'>): boolean {
  return AT_ONCE.has(action['sb:semantic'] ?? '');
}

/** What is required to invoke an action. */
export function permissionFor(
  action: Pick<ActionAffordance, 'sb:semantic'> | undefined,
): SitePermission {
  return PERMISSION_BY_MEANING.get(action?.['sb:semantic'] ?? '') ?? 'unit.control';
}
