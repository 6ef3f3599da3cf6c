import { join } from 'node:path';
import fc from 'fast-check';
import { it } from 'vitest';
import { atTestEnd, CleanupStack, temporaryFolder } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../../test/harness/property-runs.ts';
import { type DeliveryStep, anyStep } from '../../testing/model/delivery-step.ts';
import { DeliveryWorld } from '../../testing/model/delivery-world.ts';
import { TruthKeeper } from '../../testing/model/expect-truth.ts';
import { type FurnishedFolder, furnishFolder } from '../../testing/model/model-hub.ts';

/** Looking costs more than most steps. */
const LOOK_EVERY = 6;

async function play(furnished: FurnishedFolder, steps: readonly DeliveryStep[]): Promise<void> {
  const cleanup = new CleanupStack();
  const world = await DeliveryWorld.open(furnished, temporaryFolder(cleanup));
  cleanup.add(() => world.close());
  const keeper = new TruthKeeper(world);
  try {
    for (const [index, step] of steps.entries()) {
      await step.run(world);
      if (index % LOOK_EVERY === 0) await keeper.expectNow();
    }
    await world.comeToRest();
    await keeper.expectEnded();
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
