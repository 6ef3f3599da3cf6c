import { afterAll, beforeAll, describe } from 'vitest';
import { CleanupStack } from './cleanup.ts';
import { startSystem, type System } from './system.ts';
import { firmwareIsBuilt } from './unit-process.ts';

/**
 * A group of tests that share one running system with a light sensor and a
 * lamp of the C++ firmware. Skipped by name where that is not built.
 */
export function describeOnFirmware(name: string, tests: (system: () => System) => void): void {
  describe.skipIf(!firmwareIsBuilt())(`${name} (on the C++ units: npm run build)`, () => {
    shareSystem('firmware', tests);
  });
}

/** The same on TypeScript virtual units, which run everywhere. */
export function describeOnVirtualUnits(name: string, tests: (system: () => System) => void): void {
  describe(`${name} (on virtual units)`, () => {
    shareSystem('virtual', tests);
  });
}

function shareSystem(
  implementation: 'firmware' | 'virtual',
  tests: (system: () => System) => void,
): void {
  const cleanup = new CleanupStack();
  const started: System[] = [];
  beforeAll(async () => {
    const units = ['light_sensor', 'lamp'] as const;
    started.push(await startSystem({ units, implementation, cleanup }));
  });
  afterAll(() => cleanup.run());
  tests(() => {
    const [system] = started;
    if (system === undefined) throw new Error('the system did not start');
    return system;
  });
}
