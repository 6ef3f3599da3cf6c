import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '#platform/testing/until.ts';
import type { FaultUnit } from './programs/unit.ts';
import type { UnitMoment } from './proxy/unit-tap.ts';
import type { Random } from './random.ts';

/** A slow machine takes long to reach this point. */
const FAULT_MS = 60_000;

/** Kills a unit at a moment in the life of one of its next commands, and starts it again. */
export async function injectFault(
  unit: FaultUnit,
  moment: UnitMoment,
  random: Random,
): Promise<void> {
  const { process, tap } = unit;
  // After the frame has left, the unit has a moment to act on it, or none.
  const delayMs = moment === 'after_command' ? random.int(0, 3) : 0;
  tap.arm({
    moment,
    skip: random.int(0, 5),
    spring: () => {
      if (delayMs === 0) void process.kill();
      else setTimeout(() => void process.kill(), delayMs);
    },
  });
  await until(`the unit is struck: ${moment}`, () => !process.isRunning, FAULT_MS);
  await sleep(random.int(0, 300));
  await process.start();
}
