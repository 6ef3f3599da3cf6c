import type { DeviceMapping } from '#protocol/device/device-mapping.ts';
import { UnitMapping } from '#protocol/http/unit-request.ts';
import type { UnitId } from '#protocol/ids.ts';
import type { HttpClient } from './http-client.ts';

/** How the messages of units that are devices are read. Apart: few pages need it. */
export function createMappingApi(http: HttpClient) {
  return {
    mapping: async (id: UnitId) =>
      (await http.json(UnitMapping, { path: `/api/units/${id}/mapping` })).mapping,
    changeMapping: (id: UnitId, mapping: DeviceMapping) =>
      http.json(UnitMapping, {
        method: 'PUT',
        path: `/api/units/${id}/mapping`,
        body: { mapping },
      }),
  };
}
