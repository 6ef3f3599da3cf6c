import { z } from 'zod';

/**
 * What a person is at a site. A guest watches; a member also controls units;
 * a manager also sets up units, firmware and rollouts; an owner also decides
 * who and which bases belong to the site.
 */
export const Role = z.enum(['owner', 'manager', 'member', 'guest']);
export type Role = z.infer<typeof Role>;

/** The one of two that may do more. */
export function higherRole(a: Role, b: Role): Role {
  return Role.options.indexOf(a) <= Role.options.indexOf(b) ? a : b;
}

/**
 * What an API token may do of what its person may. `read` watches, `control`
 * also sends commands, `manage` also sets up units, firmware and rollouts.
 */
export const TokenScope = z.enum(['read', 'control', 'manage']);
export type TokenScope = z.infer<typeof TokenScope>;
