import type { DeviceMapping, MappedProperty } from './device-mapping.ts';

/** By which a latitude and a longitude are known as the place of a unit. */
export const GPS_MEANING = { latitude: 'gps.latitude', longitude: 'gps.longitude' } as const;

const DEGREES = { type: 'number', unit: '°' } as const;

/**
 * A receiver that publishes each position as JSON, with the names of an NMEA sentence GPGGA. One
 * without a fix has no position in it, and so no reading of one.
 *
 * @param topic as the receiver names it: `remote/gps`.
 */
export function gpsMapping(topic: string): DeviceMapping {
  const from = (pointer: string): Pick<MappedProperty, 'source'> => ({
    source: { topic, form: { kind: 'json', pointer }, isOptional: true },
  });
  return {
    model: 'GPS receiver',
    properties: [
      {
        ...{ name: 'latitude', title: 'Latitude', semantic: GPS_MEANING.latitude },
        ...{ schema: { ...DEGREES, minimum: -90, maximum: 90 }, ...from('/latitude') },
      },
      {
        ...{ name: 'longitude', title: 'Longitude', semantic: GPS_MEANING.longitude },
        ...{ schema: { ...DEGREES, minimum: -180, maximum: 180 }, ...from('/longitude') },
      },
      {
        ...{ name: 'altitude', title: 'Altitude' },
        ...{ schema: { type: 'number', unit: 'm' }, ...from('/altitude') },
      },
      {
        ...{ name: 'fix', title: 'Fix' },
        ...{ schema: { type: 'integer', minimum: 0, maximum: 9 }, ...from('/fix') },
      },
      {
        ...{ name: 'satellites', title: 'Satellites' },
        ...{ schema: { type: 'integer', minimum: 0, maximum: 99 }, ...from('/satellites') },
      },
    ],
    actions: [],
    events: [],
  };
}
