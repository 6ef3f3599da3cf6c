import fc from 'fast-check';
import { inject, it } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../test/harness/property-runs.ts';
import { furnishPlace } from '../testing/model/device-fixture.ts';
import { anyDeviceStep } from '../testing/model/device-step.ts';
import { playDevice } from '../testing/model/play-device.ts';

/** On PostgreSQL there are two hubs, between which the device moves: a run of them takes longer. */
const RUNS = { sqlite: 15, postgres: 3 };

it(
  'says the truth of every command to a device, however often it moves, falls silent or is late',
  { timeout: 2 * PROPERTY_TIMEOUT_MS },
  async () => {
    const furnished = await furnishPlace(inject('engine'), atTestEnd);
    await fc.assert(
      fc.asyncProperty(fc.array(anyDeviceStep, { maxLength: 60, size: 'max' }), (steps) =>
        playDevice(furnished, steps),
      ),
      propertyRuns(RUNS[inject('engine')]),
    );
  },
);
