import type { StoredUnit } from '../store/unit-list.ts';
import { FramedDriver, type FramedDriverDeps } from './framed/framed-driver.ts';
import { lampDriver, type LineDriverDeps, sensorDriver } from './line/line-driver.ts';
import type { UnitDriver } from './port/unit-driver.ts';

export type DriverDeps = FramedDriverDeps & LineDriverDeps;

/** Chooses the driver for a unit's kind of link. */
export function driverOf(unit: StoredUnit, deps: DriverDeps): UnitDriver {
  switch (unit.link) {
    case 'frames':
      return new FramedDriver(unit, deps);
    case 'line-sensor':
      return sensorDriver(unit, deps);
    case 'line-lamp':
      return lampDriver(unit, deps);
    default:
      return unit.link satisfies never;
  }
}
