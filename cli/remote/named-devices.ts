import { z } from 'zod';
import { createDeviceApi } from '#client/device-api.ts';
import type { HttpClient } from '#client/http-client.ts';
import { AppError } from '#protocol/errors.ts';
import { SiteView } from '#protocol/http/accounts.ts';
import type { DeviceView } from '#protocol/http/devices.ts';

const Sites = z.object({ sites: z.array(SiteView) });

/** The site of this name or id; the only one where none is named. */
export async function siteNamed(http: HttpClient, wanted?: string): Promise<SiteView> {
  const { sites } = await http.json(Sites, { path: '/api/sites' });
  const found =
    wanted === undefined ? sites : sites.filter(({ id, name }) => id === wanted || name === wanted);
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (found.length === 0) throw new AppError('site_unknown');
  const names = found.map(({ id, name }) => `${name} (${id})`).join(', ');
  throw new AppError('bad_request', {
    details: { source: '--site', field: 'site', reason: `must be one of ${names}` },
  });
}

/** The devices of each site that this login may see. */
export async function devicesOfSites(http: HttpClient): Promise<DeviceView[]> {
  const api = createDeviceApi(http);
  const { sites } = await http.json(Sites, { path: '/api/sites' });
  const devices: DeviceView[] = [];
  for (const { id } of sites) devices.push(...(await api.list(id)).devices);
  return devices;
}

/**
 * The device of an id, a client id or a name.
 *
 * @throws AppError `device_unknown`; `bad_request` where several have the name
 */
export function findDevice(devices: readonly DeviceView[], wanted: string): DeviceView {
  const byId = devices.find(({ id, clientId }) => id === wanted || clientId === wanted);
  if (byId) return byId;
  const named = devices.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const [only, ...others] = named;
  if (!only) throw new AppError('device_unknown');
  if (others.length === 0) return only;
  const ids = named.map(({ clientId }) => clientId).join(', ');
  throw new AppError('bad_request', {
    details: { source: wanted, field: 'this', reason: `is the name of several devices: ${ids}` },
  });
}
