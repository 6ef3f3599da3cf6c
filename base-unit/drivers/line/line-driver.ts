import type { Clock } from '#platform/clock.ts';
import { AppError } from '#protocol/errors.ts';
import type { ClockQuality } from '#protocol/reading.ts';
import type { StoredUnit } from '../../store/unit-list.ts';
import type { UnitProtection } from '../../store/unit-protection.ts';
import type { UnitDriver } from '../port/unit-driver.ts';
import type { DialDeps } from '../transport/unit-transport.ts';
import { describeLamp, describeSensor, type LineDescription } from './describe-line-unit.ts';
import { connectLamp } from './line-lamp.ts';
import { connectSensor } from './line-sensor.ts';

export interface LineDriverDeps extends DialDeps {
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
  readonly random: () => number;
  readonly protectionOf: (unit: Pick<StoredUnit, 'unitId' | 'address'>) => UnitProtection;
}

/** Drives a sensor (docs/line-units.md section 2), which stores none of its numbers. */
export function sensorDriver(unit: StoredUnit, deps: LineDriverDeps): UnitDriver {
  const staticDescription = describeSensor(unit.unitId, deps.random);
  const counter = { seq: 0 };
  return lineDriver(unit, deps, {
    staticDescription,
    losesReadings: true,
    connect: async (plan) => connectSensor(staticDescription, plan, { ...deps, counter }),
  });
}

/** Drives a lamp (docs/line-units.md section 3), which reports nothing. */
export function lampDriver(unit: StoredUnit, deps: LineDriverDeps): UnitDriver {
  const staticDescription = describeLamp(unit.unitId, deps.random);
  return lineDriver(unit, deps, {
    staticDescription,
    losesReadings: false,
    connect: async (plan) => connectLamp(staticDescription, plan, deps),
  });
}

/**
 * Line links are unencrypted, which whoever configures one accepts. But if the base has
 * a key for the unit, only the base's own configuration can allow an unencrypted link.
 */
function lineDriver(
  unit: StoredUnit,
  { protectionOf }: LineDriverDeps,
  line: Omit<UnitDriver, 'close'> & { readonly staticDescription: LineDescription },
): UnitDriver {
  return {
    ...line,
    connect: async (plan) => {
      const { kind } = protectionOf({ ...unit, address: plan.address });
      if (kind === 'encrypted') throw new AppError('unit_encryption_missing');
      const problem = plan.problemWith(line.staticDescription.identity);
      if (problem) throw new AppError(problem);
      return line.connect(plan);
    },
    close: () => undefined,
  };
}
