import type { UnitDriver } from './port/unit-driver.ts';
import { AppError } from '#protocol/errors.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { FramedDriver, type FramedDriverDeps } from './framed/framed-driver.ts';
import { describeLamp, describeSensor, type LineDescription } from './line/describe-line-unit.ts';
import { connectLamp } from './line/line-lamp.ts';
import { connectSensor } from './line/line-sensor.ts';

export interface DriverDeps extends FramedDriverDeps {
  readonly random: () => number;
}

/** Chooses the driver for a unit's kind of link. */
export function driverOf(unit: StoredUnit, deps: DriverDeps): UnitDriver {
  switch (unit.link) {
    case 'frames':
      return new FramedDriver(unit, deps);
    case 'line-sensor': {
      const staticDescription = describeSensor(unit.unitId, deps.random);
      const counter = { seq: 0 };
      return inLines(unit, deps, {
        staticDescription,
        connect: async (plan) => connectSensor(staticDescription, plan, { ...deps, counter }),
      });
    }
    case 'line-lamp': {
      const staticDescription = describeLamp(unit.unitId, deps.random);
      return inLines(unit, deps, {
        staticDescription,
        connect: async (plan) => connectLamp(staticDescription, plan, deps),
      });
    }
    default:
      return unit.link satisfies never;
  }
}

/**
 * Line links are unencrypted, which whoever configures one accepts. But if the base has
 * a key for the unit, only the base's own configuration can allow an unencrypted link.
 */
function inLines(
  unit: StoredUnit,
  { protectionOf }: DriverDeps,
  {
    staticDescription,
    connect,
  }: Pick<UnitDriver, 'connect'> & { readonly staticDescription: LineDescription },
): UnitDriver {
  return {
    staticDescription,
    connect: async (plan) => {
      const { kind } = protectionOf({ ...unit, address: plan.address });
      if (kind === 'encrypted') throw new AppError('unit_encryption_missing');
      const problem = plan.problemWith(staticDescription.identity);
      if (problem) throw new AppError(problem);
      return connect(plan);
    },
    close: () => undefined,
  };
}
