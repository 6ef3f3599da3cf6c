import { describe, expect, it } from 'vitest';
import { roleMay, type SitePermission } from '#protocol/access/permissions.ts';
import { Role } from '#protocol/access/roles.ts';
import { FirmwareId, newId } from '#protocol/ids.ts';
import { type LampSite, startLampSite } from '../../testing/lamp-site.ts';
import { addMember } from '../../testing/rollout-site.ts';
import type { Call } from '../../testing/hub-client.ts';

/** A call of each kind that is well-formed, so that only the right to it decides. */
function callsOf({ owner, base, unitId }: LampSite): readonly [SitePermission, Call][] {
  const site = `/api/sites/${owner.siteId}`;
  const unit = `/api/units/${unitId}`;
  const address = { host: '192.0.2.77', port: 8888 };
  return [
    ['site.read', { path: site }],
    ['site.read', { path: `${site}/snapshot` }],
    ['site.read', { path: unit }],
    ['site.read', { path: `${unit}/commands` }],
    ['site.read', { path: `/api/bases/${base.id}` }],
    ['site.read', { path: `${site}/firmware` }],
    ['site.read', { path: `${site}/firmware-keys` }],
    ['site.read', { path: `${site}/rollouts` }],
    ['member.list', { path: `${site}/members` }],
    ['layout.arrange', { method: 'PUT', path: `${site}/layout`, body: { unitIds: [] } }],
    ['unit.control', { path: `${unit}/commands`, body: { verb: 'invoke', affordance: 'on' } }],
    ['unit.network', { path: `${unit}/commands`, body: { verb: 'invoke', affordance: 'macSet' } }],
    [
      'unit.factory_reset',
      { path: `${unit}/commands`, body: { verb: 'invoke', affordance: 'factoryReset' } },
    ],
    ['unit.manage', { method: 'PATCH', path: unit, body: { name: 'Desk' } }],
    ['unit.place', { method: 'PATCH', path: unit, body: { endpoint: { kind: 'base', address } } }],
    [
      'unit.place',
      {
        path: `${site}/units`,
        body: { name: 'x', endpoint: { kind: 'base', baseId: base.id, address } },
      },
    ],
    ['base.rename', { method: 'PATCH', path: `/api/bases/${base.id}`, body: { name: 'Attic' } }],
    ['base.discover', { path: `/api/bases/${base.id}/probe`, body: { address } }],
    ['base.manage', { path: `${site}/claim-codes`, body: { baseName: 'x' } }],
    ['member.manage', { path: `${site}/invitations`, body: { role: 'guest' } }],
    ['firmware.trust', { method: 'PUT', path: `${site}/firmware-keys`, body: { keys: [] } }],
    [
      'rollout.manage',
      {
        path: `${site}/rollouts`,
        body: { firmwareId: newId(FirmwareId), unitIds: [unitId] },
      },
    ],
    ['site.rename', { method: 'PATCH', path: site, body: { name: 'Cottage' } }],
    [
      'site.set_retention',
      {
        method: 'PUT',
        path: `${site}/retention`,
        body: { rawDays: 60, minuteDays: null, hourDays: null },
      },
    ],
    // Last: afterwards there is no unit.
    ['unit.manage', { method: 'DELETE', path: unit }],
  ];
}

describe('a role at a site', () => {
  it.each(Role.options)('%s gets what the table of permissions says, and no more', async (role) => {
    const site = await startLampSite({ online: false });
    const client =
      role === 'owner' ? site.owner.client : await addMember(site.hub, site.owner, role);
    for (const [permission, call] of callsOf(site)) {
      const { status } = await client.call(call);
      const what = `${permission}: ${call.method ?? 'GET or POST'} ${call.path}`;
      expect([what, status === 403]).toEqual([what, !roleMay(role, permission)]);
      expect([what, status === 401 || status === 400]).toEqual([what, false]);
    }
  });
});
