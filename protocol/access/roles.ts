import { z } from 'zod';

/**
 * What a person is at a site. A guest watches; a member also controls units;
 * a manager also sets up units, firmware and rollouts; an owner also decides
 * who and which bases belong to the site.
 */
export const Role = z.enum(['owner', 'manager', 'member', 'guest']);
export type Role = z.infer<typeof Role>;

/** The role of a site's creator. */
export const FOUNDER: Role = 'owner';

/** The one of two that may do more. */
export function higherRole(a: Role, b: Role): Role {
  return Role.options.indexOf(a) <= Role.options.indexOf(b) ? a : b;
}

/**
 * What an API token may do of what its person may. `read` watches, `control`
 * also sends commands, `manage` also sets up units, firmware and rollouts.
 * The others are for one purpose each: `metrics` reads the hub's metrics,
 * `app` publishes and subscribes as one web app, `device` is one device.
 */
export const TokenScope = z.enum(['read', 'control', 'manage', 'metrics', 'app', 'device']);
export type TokenScope = z.infer<typeof TokenScope>;

/** What a person gives to a program that acts in their name: each may what the one before it may. */
export const ProgramScope = TokenScope.extract(['read', 'control', 'manage']);
export type ProgramScope = z.infer<typeof ProgramScope>;

/** Of tokens that a person creates; the keys of apps and devices come with the app or the device. */
export const PersonalScope = TokenScope.exclude(['app', 'device']);
export type PersonalScope = z.infer<typeof PersonalScope>;
