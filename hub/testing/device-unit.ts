import { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { DeviceCredential } from '#protocol/http/devices.ts';
import { registerDevice } from './device-site.ts';
import type { Owner } from './test-hub.ts';

/** A socket with a meter, a button and a dimmer, each of which confirms in another way. */
export const SOCKET: DeviceMapping = DeviceMapping.parse({
  model: 'Plug',
  properties: [
    {
      name: 'temperature',
      schema: { type: 'number', unit: '°C' },
      source: { topic: 'tele/SENSOR', form: { kind: 'json', pointer: '/t' } },
    },
    {
      name: 'power',
      schema: { type: 'number', unit: 'W' },
      source: { topic: 'tele/SENSOR', form: { kind: 'json', pointer: '/ENERGY/Power' } },
    },
    {
      name: 'on',
      schema: { type: 'boolean' },
      source: { topic: 'stat/POWER', form: { kind: 'text' } },
      target: {
        topic: 'cmnd/POWER',
        form: { kind: 'text', words: { ON: true, OFF: false } },
        confirmation: 'state',
      },
    },
    {
      name: 'brightness',
      schema: { type: 'integer', minimum: 0, maximum: 100 },
      source: { topic: 'stat/DIMMER', form: { kind: 'text' } },
      target: {
        topic: 'cmnd/DIMMER',
        form: { kind: 'json', pointer: '/value' },
        confirmation: 'response',
      },
    },
  ],
  actions: [{ name: 'restart', topic: 'cmnd/Restart', payload: '1', confirmation: 'delivery' }],
  events: [{ name: 'pressed', topic: 'stat/BUTTON', payload: 'SINGLE' }],
});

export interface DeviceUnit {
  readonly made: DeviceCredential;
  readonly unit: UnitView;
}

/** A registered device that is a unit. */
export async function addDeviceUnit(
  owner: Owner,
  mapping: DeviceMapping = SOCKET,
  clientId = 'plug',
): Promise<DeviceUnit> {
  const made = await registerDevice(owner, { name: 'Plug', clientId });
  const unit = await owner.client.request(UnitView, {
    path: `/api/sites/${owner.siteId}/units`,
    body: {
      name: 'Plug',
      endpoint: { kind: 'mqtt_device', deviceId: made.device.id, mapping },
    },
  });
  return { made, unit };
}
