import { join } from 'node:path';
import fc from 'fast-check';
import { it } from 'vitest';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../../test/harness/property-runs.ts';
import { anyStep } from '../../testing/model/delivery-step.ts';
import { furnishFolder } from '../../testing/model/model-hub.ts';
import { playDelivery } from '../../testing/model/play-delivery.ts';

it(
  'reports the truth of every command, whatever is lost, repeated, late or killed',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    const furnished = await furnishFolder(join(temporaryFolder(atTestEnd), 'hub'));
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60, size: 'max' }), (steps) =>
        playDelivery(furnished, steps),
      ),
      propertyRuns(15),
    );
  },
);
