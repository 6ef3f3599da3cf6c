import { describe, expect, it } from 'vitest';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { SiteEventsPage } from '#protocol/http/events.ts';
import { UnitMapping } from '#protocol/http/unit-request.ts';
import { UnitView } from '#protocol/http/units.ts';
import { DeviceId, newId } from '#protocol/ids.ts';
import { addDeviceUnit, SOCKET } from '../../testing/device-unit.ts';
import { registerDevice } from '../../testing/device-site.ts';
import { signUpOwner, snapshotOf, startTestHub } from '../../testing/test-hub.ts';

async function startSite() {
  const hub = await startTestHub();
  const owner = await signUpOwner(hub);
  const add = async (deviceId: string, mapping: object = SOCKET) =>
    await owner.client.call({
      path: `/api/sites/${owner.siteId}/units`,
      body: { name: 'Plug', endpoint: { kind: 'mqtt_device', deviceId, mapping } },
    });
  return { hub, owner, add };
}

describe('a device', () => {
  it('is a unit by its mapping, listed and described like any other', async () => {
    const { owner } = await startSite();
    const { made, unit } = await addDeviceUnit(owner);
    expect(unit.endpoint).toEqual({ kind: 'mqtt_device', deviceId: made.device.id });
    expect(unit.presence.state).toBe('init');
    expect(unit.description?.properties['on']).toMatchObject({ type: 'boolean', readOnly: false });
    expect(unit.description?.['sb:schemaHash']).toMatch(/^[0-9a-f]{16}$/);
    expect((await snapshotOf(owner)).units.map(({ id }) => id)).toEqual([unit.id]);
    const { events } = await owner.client.request(SiteEventsPage, {
      path: `/api/sites/${owner.siteId}/events`,
    });
    const added = events.find(({ type }) => type === 'unit.added');
    expect(added?.data).toMatchObject({ endpoint: unit.endpoint, unitName: 'Plug' });
  });

  it('is one unit, of its own site', async () => {
    const { hub, owner, add } = await startSite();
    const { made } = await addDeviceUnit(owner);
    expect((await add(made.device.id)).body).toMatchObject({ code: 'device_has_unit' });
    expect((await add(newId(DeviceId))).body).toMatchObject({ code: 'device_unknown' });
    const other = await registerDevice(owner, { name: 'Other' });
    const bad = await add(other.device.id, { ...SOCKET, properties: [{ name: 'x' }] });
    expect(bad.status).toBe(400);
    await hub.close();
  });

  it('may be added by software that may manage units', async () => {
    const { hub, owner } = await startSite();
    const { device } = await registerDevice(owner);
    const bearer = async (scope: string) => {
      const { secret } = await owner.client.request(TokenCreated, {
        path: '/api/account/tokens',
        body: { name: scope, scope },
      });
      const client = hub.client();
      return await client.call({
        path: `/api/sites/${owner.siteId}/units`,
        body: {
          name: 'Plug',
          endpoint: { kind: 'mqtt_device', deviceId: device.id, mapping: SOCKET },
        },
        headers: { authorization: `Bearer ${secret}` },
      });
    };
    expect((await bearer('control')).status).toBe(403);
    expect((await bearer('manage')).status).toBe(201);
  });

  it('is read differently from when its mapping is another', async () => {
    const { owner } = await startSite();
    const { unit } = await addDeviceUnit(owner);
    const path = `/api/units/${unit.id}/mapping`;
    expect((await owner.client.request(UnitMapping, { path })).mapping).toEqual(SOCKET);
    const mapping = { ...SOCKET, model: 'Other plug', actions: [] };
    await owner.client.request(UnitMapping, { method: 'PUT', path, body: { mapping } });
    expect((await owner.client.request(UnitMapping, { path })).mapping).toEqual(mapping);
    const changed = await owner.client.request(UnitView, { path: `/api/units/${unit.id}` });
    expect(changed.description?.title).toBe('Other plug');
    expect(changed.description?.actions).toEqual({});
  });

  it('leaves nothing of its unit when that is removed, and can be one again', async () => {
    const { owner, add } = await startSite();
    const { made, unit } = await addDeviceUnit(owner);
    await owner.client.call({ method: 'DELETE', path: `/api/units/${unit.id}` });
    expect((await snapshotOf(owner)).units).toEqual([]);
    expect((await add(made.device.id)).status).toBe(201);
  });

  it('takes the place of one that was unregistered, with the history of its unit', async () => {
    const { owner, add } = await startSite();
    const { made, unit } = await addDeviceUnit(owner);
    const { device } = await registerDevice(owner, { name: 'Successor', clientId: 'successor' });
    const attach = async (deviceId: string) =>
      await owner.client.call({
        ...{ method: 'PATCH', path: `/api/units/${unit.id}` },
        body: { endpoint: { kind: 'mqtt_device', deviceId } },
      });
    const waiting = await owner.client.call({
      path: `/api/units/${unit.id}/commands`,
      body: { verb: 'set', affordance: 'on', input: true },
    });
    expect(waiting.status).toBe(202);
    // The unit has a device.
    expect((await attach(device.id)).body).toMatchObject({ code: 'operation_not_allowed' });
    await owner.client.call({ method: 'DELETE', path: `/api/devices/${made.device.id}` });
    expect((await attach(newId(DeviceId))).body).toMatchObject({ code: 'device_unknown' });
    expect((await attach(device.id)).body).toMatchObject({
      ...{ id: unit.id, endpoint: { kind: 'mqtt_device', deviceId: device.id } },
      desired: { on: { value: true } },
    });
    expect((await add(device.id)).body).toMatchObject({ code: 'device_has_unit' });
  });
});
