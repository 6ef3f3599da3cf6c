import { join } from 'node:path';
import fc from 'fast-check';
import { it } from 'vitest';
import { atTestEnd, CleanupStack, temporaryFolder } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../../test/harness/property-runs.ts';
import { type DeliveryStep, anyStep } from '../../testing/model/delivery-step.ts';
import { DeliveryFixture } from '../../testing/model/delivery-fixture.ts';
import { InvariantChecker } from '../../testing/model/invariant-checker.ts';
import { type FurnishedFolder, furnishFolder } from '../../testing/model/model-hub.ts';

/** Looking costs more than most steps. */
const LOOK_EVERY = 6;

async function play(furnished: FurnishedFolder, steps: readonly DeliveryStep[]): Promise<void> {
  const cleanup = new CleanupStack();
  const fixture = await DeliveryFixture.open(furnished, temporaryFolder(cleanup));
  cleanup.add(() => fixture.close());
  const checker = new InvariantChecker(fixture);
  try {
    for (const [index, step] of steps.entries()) {
      await step.run(fixture);
      if (index % LOOK_EVERY === 0) await checker.expectNow();
    }
    await fixture.comeToRest();
    await checker.expectEnded();
  } finally {
    await cleanup.run();
  }
}

it(
  'tells the truth of every command, whatever is lost, repeated, late or killed',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    const furnished = await furnishFolder(join(temporaryFolder(atTestEnd), 'hub'));
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60, size: 'max' }), (steps) =>
        play(furnished, steps),
      ),
      propertyRuns(15),
    );
  },
);
