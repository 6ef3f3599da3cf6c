import { describe, expect, it } from 'vitest';
import {
  PERMISSIONS,
  type Permission,
  roleMay,
  rolesWith,
  scopeMay,
  type SitePermission,
} from './permissions.ts';
import { higherRole, ProgramScope, Role, TokenScope } from './roles.ts';

/** Everybody who has the permission, as an auditor would want to read it. */
const EXPECTED: Readonly<Record<SitePermission, string>> = {
  'site.read': 'owner manager member guest; read control manage',
  'site.rename': 'owner; manage',
  'site.set_retention': 'owner; ',
  'layout.arrange': 'owner manager member guest; control manage',
  'member.list': 'owner manager member; read control manage',
  'member.manage': 'owner; ',
  'member.leave': 'owner manager member guest; ',
  'unit.control': 'owner manager member; control manage',
  'unit.manage': 'owner manager; manage',
  'unit.place': 'owner manager; ',
  'unit.network': 'owner manager; manage',
  'unit.factory_reset': 'owner; ',
  'base.rename': 'owner manager; manage',
  'base.manage': 'owner; ',
  'base.discover': 'owner manager; ',
  'device.manage': 'owner manager; manage',
  'webhook.manage': 'owner manager; manage',
  'firmware.manage': 'owner manager; manage',
  'firmware.trust': 'owner; ',
  'rollout.manage': 'owner manager; manage',
  'app.connect': 'owner manager; app',
  'device.connect': 'owner manager; device',
};
const ABOUT_NO_SITE: Readonly<Record<Exclude<Permission, SitePermission>, string>> = {
  'site.create': 'manage',
  'site.list': 'read control manage',
  'metrics.read': 'metrics',
  'token.own': 'read control manage',
  'account.manage': '',
};

const scopesOf = (permission: Permission): string =>
  TokenScope.options.filter((scope) => scopeMay(scope, permission)).join(' ');
const isSitePermission = (permission: Permission): permission is SitePermission =>
  Object.hasOwn(EXPECTED, permission);

describe('permissions', () => {
  it.each(PERMISSIONS)('%s is granted as in the table, and to nobody else', (permission) => {
    if (isSitePermission(permission)) {
      const roles = Role.options.filter((role) => roleMay(role, permission)).join(' ');
      expect(`${roles}; ${scopesOf(permission)}`).toBe(EXPECTED[permission]);
    } else {
      expect(scopesOf(permission)).toBe(ABOUT_NO_SITE[permission]);
    }
  });

  it('grow with the role and with the scope, and a person in a browser has no bound but the role', () => {
    for (const permission of PERMISSIONS.filter(isSitePermission)) {
      const granted = Role.options.map((role) => roleMay(role, permission));
      expect([permission, granted]).toEqual([permission, granted.toSorted().toReversed()]);
      expect(scopeMay(undefined, permission)).toBe(true);
    }
    for (const permission of PERMISSIONS) {
      const granted = ProgramScope.options.map((scope) => scopeMay(scope, permission));
      expect([permission, granted]).toEqual([permission, granted.toSorted()]);
    }
  });

  it.each([
    ['metrics', 'metrics.read'],
    ['app', 'app.connect'],
    ['device', 'device.connect'],
  ] as const)('of a key of scope %s are one, which no other scope has', (scope, only) => {
    expect(PERMISSIONS.filter((permission) => scopeMay(scope, permission))).toEqual([only]);
    expect(scopesOf(only)).toBe(scope);
  });

  it('are queried by the roles that have one', () => {
    expect(rolesWith('member.manage')).toEqual(['owner']);
    expect(rolesWith('unit.manage')).toEqual(['owner', 'manager']);
  });

  it('of two roles keep the one that may do more', () => {
    expect(higherRole('guest', 'manager')).toBe('manager');
    expect(higherRole('owner', 'member')).toBe('owner');
    expect(higherRole('member', 'member')).toBe('member');
  });
});
