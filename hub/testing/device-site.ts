import { DeviceCredential, type DeviceRequest } from '#protocol/http/devices.ts';
import type { z } from 'zod';
import type { HubClient } from './hub-client.ts';
import type { Owner } from './test-hub.ts';

/** Registers a device; a password, unless something else is requested. */
export async function registerDevice(
  { client, siteId }: { readonly client: HubClient; readonly siteId: Owner['siteId'] },
  request: Partial<z.input<typeof DeviceRequest>> = {},
): Promise<DeviceCredential> {
  return await client.request(DeviceCredential, {
    path: `/api/sites/${siteId}/devices`,
    body: { name: 'Boiler', credential: { kind: 'password' }, ...request },
  });
}

export function passwordOf({ secret }: DeviceCredential): string {
  if (secret.kind !== 'password') throw new Error('not a password');
  return secret.password;
}
