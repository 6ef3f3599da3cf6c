import { FirmwareView } from '#protocol/http/firmware.ts';
import type { System } from './system.ts';

/** Brings a firmware file to the site of a system, as its owner. */
export async function uploadFirmware(
  { api, site }: Pick<System, 'api' | 'site'>,
  file: Uint8Array,
): Promise<FirmwareView> {
  return api.call(FirmwareView, 'POST', `/api/sites/${site.id}/firmware`, {
    rawBody: file,
    headers: { 'content-type': 'application/octet-stream' },
  });
}
