import type { UnitDriver } from './port/unit-driver.ts';
import { AppError } from '#protocol/errors.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { StoredUnit } from '../store/unit-list.ts';
import { FramedDriver, type FramedDriverDeps } from './framed/framed-driver.ts';
import { describeLamp, describeSensor } from './line/describe-line-unit.ts';
import { connectLamp } from './line/line-lamp.ts';
import { connectSensor } from './line/line-sensor.ts';

export interface DriverDeps extends FramedDriverDeps {
  readonly random: () => number;
  readonly clockQuality: () => ClockQuality;
}

/** The only place that asks which kind of link a unit has. */
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
 * Lines are plain by nature, and whoever says that a unit speaks them says so.
 * But where the base has a key its own word counts: nobody else's makes it
 * speak plain to that unit.
 */
function inLines(
  unit: StoredUnit,
  { protectionOf }: DriverDeps,
  { staticDescription, connect }: Omit<UnitDriver, 'close'>,
): UnitDriver {
  return {
    staticDescription,
    connect: async (plan) => {
      const { kind } = protectionOf({ ...unit, address: plan.address });
      if (kind === 'encrypted') throw new AppError('unit_encryption_missing');
      return connect(plan);
    },
    close: () => undefined,
  };
}
