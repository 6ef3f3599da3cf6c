import type { z } from 'zod';
import {
  type DeviceChange,
  DeviceCredential,
  DeviceList,
  type DeviceRequest,
  type DeviceRotation,
  DeviceView,
} from '#protocol/http/devices.ts';
import type { CredentialId, DeviceId, SiteId } from '#protocol/ids.ts';
import type { HttpClient } from './http-client.ts';

export type DeviceApi = ReturnType<typeof createDeviceApi>;

/** Devices of a site, and what they connect with. */
export function createDeviceApi(http: HttpClient) {
  return {
    list: (id: SiteId, signal?: AbortSignal) =>
      http.json(DeviceList, {
        path: `/api/sites/${id}/devices`,
        ...(signal ? { signal } : {}),
      }),
    register: (id: SiteId, body: z.input<typeof DeviceRequest>) =>
      http.json(DeviceCredential, { method: 'POST', path: `/api/sites/${id}/devices`, body }),
    change: (id: DeviceId, body: DeviceChange) =>
      http.json(DeviceView, { method: 'PATCH', path: `/api/devices/${id}`, body }),
    rotate: (id: DeviceId, body: z.input<typeof DeviceRotation>) =>
      http.json(DeviceCredential, {
        method: 'POST',
        path: `/api/devices/${id}/credentials`,
        body,
      }),
    revoke: (id: DeviceId, credentialId: CredentialId) =>
      http.send({ method: 'DELETE', path: `/api/devices/${id}/credentials/${credentialId}` }),
    unregister: (id: DeviceId) => http.send({ method: 'DELETE', path: `/api/devices/${id}` }),
  };
}
