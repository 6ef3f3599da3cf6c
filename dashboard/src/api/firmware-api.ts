import {
  FirmwareKeys,
  FirmwareList,
  FirmwareView,
  RolloutDetails,
  type RolloutRequest,
} from '#protocol/http/firmware.ts';
import type { FirmwareId, RolloutId, SiteId } from '#protocol/ids.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import type { HttpClient } from '#client/http-client.ts';
import { type UploadRequest, upload } from './upload.ts';

export type FirmwareApi = ReturnType<typeof createFirmwareApi>;

/** Signed images of a site, and how they come to its units. */
export function createFirmwareApi(http: HttpClient) {
  return {
    list: async (id: SiteId) =>
      (await http.json(FirmwareList, { path: `/api/sites/${id}/firmware` })).firmware,
    upload: (id: SiteId, what: Omit<UploadRequest, 'path'>) =>
      upload(FirmwareView, { ...what, path: `/api/sites/${id}/firmware` }),
    remove: (id: FirmwareId) => http.send({ method: 'DELETE', path: `/api/firmware/${id}` }),

    keys: async (id: SiteId) =>
      (await http.json(FirmwareKeys, { path: `/api/sites/${id}/firmware-keys` })).keys,
    saveKeys: (id: SiteId, keys: readonly string[]) =>
      http.json(FirmwareKeys, {
        method: 'PUT',
        path: `/api/sites/${id}/firmware-keys`,
        body: { keys },
      }),

    start: (id: SiteId, body: RolloutRequest) =>
      http.json(RolloutView, { method: 'POST', path: `/api/sites/${id}/rollouts`, body }),
    rollout: (id: RolloutId) => http.json(RolloutDetails, { path: `/api/rollouts/${id}` }),
    change: (id: RolloutId, change: 'pause' | 'resume' | 'abort') =>
      http.json(RolloutView, { method: 'POST', path: `/api/rollouts/${id}/${change}` }),
  };
}
