import { describe } from 'vitest';
import { sharedSystem } from './shared-system.ts';
import type { System } from './system.ts';
import { firmwareIsBuilt } from './unit-process.ts';

const UNITS = ['light_sensor', 'lamp'] as const;

/**
 * A group of tests that share one running system with a light sensor and a
 * lamp of the C++ firmware. Skipped by name where that is not built.
 */
export function describeOnFirmware(name: string, tests: (system: () => System) => void): void {
  describe.skipIf(!firmwareIsBuilt())(`${name} (on the C++ units: npm run build)`, () => {
    tests(sharedSystem({ units: UNITS, implementation: 'firmware' }));
  });
}

/** The same on TypeScript virtual units, which run everywhere. */
export function describeOnVirtualUnits(name: string, tests: (system: () => System) => void): void {
  describe(`${name} (on virtual units)`, () => {
    tests(sharedSystem({ units: UNITS, implementation: 'virtual' }));
  });
}
