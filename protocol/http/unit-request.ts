import { z } from 'zod';
import { DeviceMapping } from '../device/device-mapping.ts';
import { BaseId, DeviceId } from '../ids.ts';
import { UnitAddress } from '../unit-address.ts';
import { UnitLinkKind } from '../unit-link-kind.ts';
import { Name } from './accounts.ts';
import { Place } from './units.ts';

/** What whoever adds a unit says of the way to it. */
export const EndpointRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('base'),
    baseId: BaseId,
    address: UnitAddress,
    /** What speaks there; it stays what it is. */
    link: UnitLinkKind.default('frames'),
  }),
  z.strictObject({
    kind: z.literal('mqtt_device'),
    deviceId: DeviceId,
    /** How its messages are read, and what it is sent. */
    mapping: DeviceMapping,
  }),
]);
export type EndpointRequest = z.output<typeof EndpointRequest>;

/** POST /api/sites/:siteId/units -> 201 UnitView */
export const UnitRequest = z.strictObject({
  name: Name,
  place: Place.default(''),
  endpoint: EndpointRequest,
});
export type UnitRequest = z.input<typeof UnitRequest>;

/** GET and PUT /api/units/:unitId/mapping: of a unit that is a device */
export const UnitMapping = z.strictObject({ mapping: DeviceMapping });
export type UnitMapping = z.infer<typeof UnitMapping>;
