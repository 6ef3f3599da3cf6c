import type { z } from 'zod';
import { type AcceptOffer, DeviceOffers } from '#protocol/http/device-offers.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { DeviceId } from '#protocol/ids.ts';
import type { HttpClient } from './http-client.ts';

/** What devices say of themselves. Apart: few pages need it. */
export function createOfferApi(http: HttpClient) {
  return {
    offers: (id: DeviceId) => http.json(DeviceOffers, { path: `/api/devices/${id}/offers` }),
    accept: (id: DeviceId, body: z.input<typeof AcceptOffer>) =>
      http.json(UnitView, { method: 'POST', path: `/api/devices/${id}/accept`, body }),
  };
}
