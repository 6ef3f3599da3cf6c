import { Role, type TokenScope } from './roles.ts';

/** Who has a permission: with one of these roles, and with a token only of one of these scopes. */
interface Grant {
  /** `account`: everyone with an account, since it concerns no site. */
  readonly roles: readonly Role[] | 'account';
  /** None: a person who is signed in, and no software. */
  readonly scopes: readonly TokenScope[];
}

const EVERYBODY = ['owner', 'manager', 'member', 'guest'] as const;
const MEMBERS = ['owner', 'manager', 'member'] as const;
const MANAGERS = ['owner', 'manager'] as const;
const OWNERS = ['owner'] as const;

const READ = ['read', 'control', 'manage'] as const;
const CONTROL = ['control', 'manage'] as const;
const MANAGE = ['manage'] as const;
const METRICS = ['metrics'] as const;
const APP = ['app'] as const;
const DEVICE = ['device'] as const;
/** What a leaked token does must end with the token. */
const IN_PERSON = [] as const;

/**
 * The one permission table. HTTP routes, channels, the dashboard and the command line
 * use it; nothing else compares roles or scopes.
 */
const GRANTS = {
  /** The site, its bases, units, values, history, commands, firmware and rollouts; its channel. */
  'site.read': { roles: EVERYBODY, scopes: READ },
  'site.rename': { roles: OWNERS, scopes: MANAGE },
  /** How long readings are kept: what it deletes does not come back. */
  'site.set_retention': { roles: OWNERS, scopes: IN_PERSON },
  'site.create': { roles: 'account', scopes: MANAGE },
  /** The caller's own sites. */
  'site.list': { roles: 'account', scopes: READ },
  /** The caller's own order of the tiles. */
  'layout.arrange': { roles: EVERYBODY, scopes: CONTROL },
  'member.list': { roles: MEMBERS, scopes: READ },
  'member.manage': { roles: OWNERS, scopes: IN_PERSON },
  'member.leave': { roles: EVERYBODY, scopes: IN_PERSON },
  /** Sending commands, and cancelling them. */
  'unit.control': { roles: MEMBERS, scopes: CONTROL },
  /** Its name and place; removing it. */
  'unit.manage': { roles: MANAGERS, scopes: MANAGE },
  /** Adding and moving units: a base connects to whatever address it is given. */
  'unit.place': { roles: MANAGERS, scopes: IN_PERSON },
  /** How its board is on the network. */
  'unit.network': { roles: MANAGERS, scopes: MANAGE },
  /** Actions that, if software invoked them by mistake, could only be undone with a cable. */
  'unit.factory_reset': { roles: OWNERS, scopes: IN_PERSON },
  'base.rename': { roles: MANAGERS, scopes: MANAGE },
  /** Pairing and removing one. */
  'base.manage': { roles: OWNERS, scopes: IN_PERSON },
  /** Looking around in its network. */
  'base.discover': { roles: MANAGERS, scopes: IN_PERSON },
  /**
   * Registering devices, giving them keys, and unregistering them. The key of a device outlives
   * the token that requested it, as it must: it opens the topics of the one device alone.
   */
  'device.manage': { roles: MANAGERS, scopes: MANAGE },
  /**
   * Addresses that the site's events are sent to, with what was sent and answered. Like the key of
   * a device, a webhook outlives the token that requested it: the site's events name it.
   */
  'webhook.manage': { roles: MANAGERS, scopes: MANAGE },
  'firmware.manage': { roles: MANAGERS, scopes: MANAGE },
  /** Which firmware keys the site trusts. */
  'firmware.trust': { roles: OWNERS, scopes: IN_PERSON },
  'rollout.manage': { roles: MANAGERS, scopes: MANAGE },
  /** Publishing and subscribing as the one app that the key was made for. */
  'app.connect': { roles: MANAGERS, scopes: APP },
  /** Publishing and subscribing as the one device that the key was made for. */
  'device.connect': { roles: MANAGERS, scopes: DEVICE },
  /** Figures of the whole hub: names, no values, nothing of one site. */
  'metrics.read': { roles: 'account', scopes: METRICS },
  /** Knowing the token that a request is made with, and revoking it. */
  'token.own': { roles: 'account', scopes: READ },
  /** Password, sessions and tokens of the caller. */
  'account.manage': { roles: 'account', scopes: IN_PERSON },
} as const satisfies Record<string, Grant>;

export type Permission = keyof typeof GRANTS;
export const PERMISSIONS: readonly Permission[] = Object.keys(GRANTS).filter(isPermission);

function isPermission(name: string): name is Permission {
  return Object.hasOwn(GRANTS, name);
}

/** A permission that is about a site, and so about a role at it. */
export type SitePermission = {
  [P in Permission]: (typeof GRANTS)[P]['roles'] extends 'account' ? never : P;
}[Permission];

/** Whether a role at a site has a permission there. */
export function roleMay(role: Role, permission: SitePermission): boolean {
  const roles: readonly Role[] = GRANTS[permission].roles;
  return roles.includes(role);
}

/** Every role that has a permission, for queries. */
export function rolesWith(permission: SitePermission): Role[] {
  return Role.options.filter((role) => roleMay(role, permission));
}

/**
 * Whether a way of signing in has a permission, regardless of role; undefined is a
 * person in a browser, who has all.
 */
export function scopeMay(scope: TokenScope | undefined, permission: Permission): boolean {
  if (scope === undefined) return true;
  const scopes: readonly TokenScope[] = GRANTS[permission].scopes;
  return scopes.includes(scope);
}
