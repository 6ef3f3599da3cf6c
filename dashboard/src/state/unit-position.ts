import { GPS_MEANING } from '#protocol/device/gps-mapping.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { own } from './own.ts';

/** Where a unit says that it is. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** By what its properties mean; undefined: it has not said where it is. */
export function positionOf({
  description,
  reported,
}: Pick<UnitView, 'description' | 'reported'>): Position | undefined {
  const valueOf = (meaning: string): number | undefined => {
    const named = Object.entries(description?.properties ?? {});
    const name = named.find(([, property]) => property['sb:semantic'] === meaning)?.[0];
    const value = name === undefined ? undefined : own(reported, name)?.value;
    return typeof value === 'number' ? value : undefined;
  };
  const latitude = valueOf(GPS_MEANING.latitude);
  const longitude = valueOf(GPS_MEANING.longitude);
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
}

const DECIMALS = 5;

/** A metre is the fifth decimal place. */
export function positionText({ latitude, longitude }: Position): string {
  return `${latitude.toFixed(DECIMALS)}, ${longitude.toFixed(DECIMALS)}`;
}

/** A page of OpenStreetMap, which nothing is sent to until somebody follows the link. */
export function mapUrl({ latitude, longitude }: Position): string {
  const place = `mlat=${latitude}&mlon=${longitude}`;
  return `https://www.openstreetmap.org/?${place}#map=16/${latitude}/${longitude}`;
}
