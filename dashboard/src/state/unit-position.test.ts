import { describe, expect, it } from 'vitest';
import { mappedThing } from '#protocol/device/mapped-thing.ts';
import { gpsMapping } from '#protocol/device/gps-mapping.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { mapUrl, positionOf, positionText } from './unit-position.ts';

const DESCRIPTION = { ...mappedThing(gpsMapping('remote/gps')), 'sb:schemaHash': '0' };

function saying(values: Readonly<Record<string, number | string>>): Pick<UnitView, 'reported'> {
  const facts = { measuredAtMs: 1, receivedAtMs: 1, clock: 'synced' } as const;
  return {
    reported: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, { ...facts, value }]),
    ),
  };
}

describe('the position of a unit', () => {
  it('is what its latitude and longitude say', () => {
    const said = saying({ latitude: 48.1173, longitude: -11.516666, altitude: 545 });
    const position = positionOf({ description: DESCRIPTION, ...said });
    expect(position).toEqual({ latitude: 48.1173, longitude: -11.516666 });
    expect(position && positionText(position)).toBe('48.11730, -11.51667');
    expect(position && mapUrl(position)).toBe(
      'https://www.openstreetmap.org/?mlat=48.1173&mlon=-11.516666#map=16/48.1173/-11.516666',
    );
  });

  it('is unknown until both are known, and of a unit that is no receiver', () => {
    expect(positionOf({ description: DESCRIPTION, ...saying({ latitude: 1 }) })).toBeUndefined();
    const both = saying({ latitude: 1, longitude: 2 });
    expect(positionOf({ description: null, ...both })).toBeUndefined();
  });
});
