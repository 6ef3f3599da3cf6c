import { z } from 'zod';
import { BaseId, DeviceId } from './ids.ts';
import { AnyUnitAddress, UnitAddress } from './unit-address.ts';
import { UnitLinkKind } from './unit-link-kind.ts';

/** Behind a base, which connects to the unit at an address of its own network. */
export const BaseEndpoint = z.object({
  kind: z.literal('base'),
  baseId: BaseId,
  address: AnyUnitAddress,
  link: UnitLinkKind,
});
export type BaseEndpoint = z.infer<typeof BaseEndpoint>;

/** A device that connects to the hub itself, as a client of its MQTT broker. */
export const MqttDeviceEndpoint = z.object({ kind: z.literal('mqtt_device'), deviceId: DeviceId });
export type MqttDeviceEndpoint = z.infer<typeof MqttDeviceEndpoint>;

/** By which way the hub reaches a unit: who carries its commands and brings what it says. */
export const UnitEndpoint = z.discriminatedUnion('kind', [BaseEndpoint, MqttDeviceEndpoint]);
export type UnitEndpoint = z.infer<typeof UnitEndpoint>;

/** What may be changed of the way: a unit stays behind its base, or gets a device again. */
export const EndpointChange = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('base'), address: UnitAddress }),
  z.strictObject({ kind: z.literal('mqtt_device'), deviceId: DeviceId }),
]);
export type EndpointChange = z.infer<typeof EndpointChange>;

/** The base that a unit stands behind; null where there is none. */
export function baseIdOf(endpoint: UnitEndpoint): BaseId | null {
  return endpoint.kind === 'base' ? endpoint.baseId : null;
}
