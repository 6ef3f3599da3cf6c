import { z } from 'zod';
import { LeftOut, SelfDescription } from '../device/self-description.ts';
import { UnitId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { Name } from './accounts.ts';
import { Place } from './units.ts';

/** A unit that a device may be, by what it says of itself or by a preset. */
export const DeviceOffer = SelfDescription.extend({
  /** Another one when the mapping is another. */
  digest: z.string(),
  /** `changed`: a person has accepted it, and the device describes itself differently since. */
  state: z.enum(['new', 'accepted', 'changed']),
  leftOut: z.array(LeftOut),
});
export type DeviceOffer = z.infer<typeof DeviceOffer>;

/** GET /api/devices/:deviceId/offers */
export const DeviceOffers = z.object({
  /** The unit that the device is; null: none yet. */
  unitId: UnitId.nullable(),
  offers: z.array(DeviceOffer).max(LIMITS.offersPerDevice),
  /** The device says more of itself than is kept. */
  isFull: z.boolean(),
});
export type DeviceOffers = z.infer<typeof DeviceOffers>;

/** POST /api/devices/:deviceId/accept -> 200 UnitView: a person's yes to what was shown */
export const AcceptOffer = z.strictObject({
  offerId: z.string(),
  digest: z.string(),
  /** Of a unit that is to be added; the name of the device, unless another is given. */
  name: Name.optional(),
  place: Place.default(''),
});
export type AcceptOffer = z.output<typeof AcceptOffer>;
