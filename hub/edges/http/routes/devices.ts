import { z } from 'zod';
import type { SitePermission } from '#protocol/access/permissions.ts';
import {
  DeviceChange,
  DeviceCredential,
  DeviceList,
  DeviceRequest,
  DeviceRotation,
  DeviceView,
  type MqttAddress,
} from '#protocol/http/devices.ts';
import { AcceptOffer, DeviceOffers } from '#protocol/http/device-offers.ts';
import { UnitView } from '#protocol/http/units.ts';
import { CredentialId, DeviceId, SiteId } from '#protocol/ids.ts';
import { type UserPrincipal, requesterOf } from '../../../domain/accounts/principal.ts';
import type { DeviceService, MadeCredential } from '../../../domain/devices/device-service.ts';
import type { ConnectedDevices, DeviceViews } from '../../../domain/devices/device-views.ts';
import type { SiteAccess } from '../../../domain/sites/site-access.ts';
import type { DeviceOfferService } from '../../../domain/units/device-offers.ts';
import type { Guards } from '../guards.ts';
import type { HttpApp } from '../http-app.ts';
import { Nothing, PROBLEMS } from '../responses.ts';

export interface DeviceRoutesDeps {
  readonly guards: Guards;
  readonly access: SiteAccess;
  readonly devices: DeviceService;
  readonly deviceViews: DeviceViews;
  readonly deviceOffers: Pick<DeviceOfferService, 'list' | 'accept'>;
  readonly connectedDevices: ConnectedDevices;
  /** Where devices connect. */
  readonly mqttAddress: () => MqttAddress;
  /** By which a device verifies the hub. */
  readonly caPem: () => string;
}

const tags = ['Devices'];
const SHOWN_ONCE = 'The answer has the private key or password: the hub does not keep it.';
const SiteParams = z.strictObject({ siteId: SiteId });
const DeviceParams = z.strictObject({ deviceId: DeviceId });

/** Devices that connect to the hub's MQTT broker, and what each connects with. */
export function deviceRoutes(app: HttpApp, deps: DeviceRoutesDeps): void {
  const { guards, access, devices, deviceViews, deviceOffers } = deps;
  const { connectedDevices, mqttAddress, caPem } = deps;

  /** A device of a site at which the caller has this permission; to who has no role there, there is none. */
  const deviceFor = async (
    caller: UserPrincipal,
    id: DeviceId,
    permission: SitePermission,
  ): Promise<DeviceView> => {
    const device = await deviceViews.one(id, connectedDevices);
    await access.require(caller, { siteId: device.siteId, unknown: 'device_unknown' }, permission);
    return device;
  };
  const shown = async ({ deviceId, ...made }: MadeCredential): Promise<DeviceCredential> => ({
    device: await deviceViews.one(deviceId, connectedDevices),
    ...made,
    ca: caPem(),
    mqtt: mqttAddress(),
  });

  app.get('/api/sites/:siteId/devices', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The devices of a site, and where they connect',
      params: SiteParams,
      response: { 200: DeviceList, ...PROBLEMS },
    },
    handler: async (request) => {
      const { siteId } = request.params;
      await access.require(guards.user(request), siteId, 'site.read');
      return { devices: await deviceViews.ofSite(siteId, connectedDevices), mqtt: mqttAddress() };
    },
  });

  app.post('/api/sites/:siteId/devices', {
    onRequest: guards.may('device.manage'),
    schema: {
      tags,
      summary: 'Register a device (managers and owners)',
      description: SHOWN_ONCE,
      params: SiteParams,
      body: DeviceRequest,
      response: { 201: DeviceCredential, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const { siteId } = request.params;
      const caller = guards.user(request);
      await access.require(caller, siteId, 'device.manage');
      const made = await devices.register(siteId, request.body, requesterOf(caller));
      return await reply.status(201).send(await shown(made));
    },
  });

  app.get('/api/devices/:deviceId', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'A device',
      params: DeviceParams,
      response: { 200: DeviceView, ...PROBLEMS },
    },
    handler: async (request) =>
      await deviceFor(guards.user(request), request.params.deviceId, 'site.read'),
  });

  app.patch('/api/devices/:deviceId', {
    onRequest: guards.may('device.manage'),
    schema: {
      tags,
      summary: 'Rename a device, or give it other topics (managers and owners)',
      params: DeviceParams,
      body: DeviceChange,
      response: { 200: DeviceView, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { deviceId } = request.params;
      await deviceFor(caller, deviceId, 'device.manage');
      await devices.change(deviceId, request.body, requesterOf(caller));
      return await deviceFor(caller, deviceId, 'device.manage');
    },
  });

  app.delete('/api/devices/:deviceId', {
    onRequest: guards.may('device.manage'),
    schema: {
      tags,
      summary:
        'Unregister a device: its connection and its rights end at once (managers and owners)',
      params: DeviceParams,
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const { id } = await deviceFor(caller, request.params.deviceId, 'device.manage');
      await devices.unregister(id, requesterOf(caller));
      return await reply.status(204).send(null);
    },
  });

  app.get('/api/devices/:deviceId/offers', {
    onRequest: guards.may('site.read'),
    schema: {
      tags,
      summary: 'The units that a device may be, by what it says of itself',
      params: DeviceParams,
      response: { 200: DeviceOffers, ...PROBLEMS },
    },
    handler: async (request) => {
      const { id } = await deviceFor(guards.user(request), request.params.deviceId, 'site.read');
      return await deviceOffers.list(id);
    },
  });

  app.post('/api/devices/:deviceId/accept', {
    onRequest: guards.may('unit.manage'),
    schema: {
      tags,
      summary: 'Accept what a device says of itself: it is that unit (managers and owners)',
      params: DeviceParams,
      body: AcceptOffer,
      response: { 200: UnitView, ...PROBLEMS },
    },
    handler: async (request) => {
      const caller = guards.user(request);
      const { id } = await deviceFor(caller, request.params.deviceId, 'unit.manage');
      return await deviceOffers.accept(id, request.body, requesterOf(caller));
    },
  });

  app.post('/api/devices/:deviceId/credentials', {
    onRequest: guards.may('device.manage'),
    schema: {
      tags,
      summary: 'Give a device another certificate or password (managers and owners)',
      description: SHOWN_ONCE,
      params: DeviceParams,
      body: DeviceRotation,
      response: { 201: DeviceCredential, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const device = await deviceFor(caller, request.params.deviceId, 'device.manage');
      const made = await devices.rotate(device, request.body, requesterOf(caller));
      return await reply.status(201).send(await shown(made));
    },
  });

  app.delete('/api/devices/:deviceId/credentials/:credentialId', {
    onRequest: guards.may('device.manage'),
    schema: {
      tags,
      summary: 'Revoke a certificate or password: its connection ends (managers and owners)',
      params: z.strictObject({ deviceId: DeviceId, credentialId: CredentialId }),
      response: { 204: Nothing, ...PROBLEMS },
    },
    handler: async (request, reply) => {
      const caller = guards.user(request);
      const { deviceId, credentialId } = request.params;
      await deviceFor(caller, deviceId, 'device.manage');
      await devices.revoke(deviceId, credentialId, requesterOf(caller));
      return await reply.status(204).send(null);
    },
  });
}
