import { CleanupStack, temporaryFolder } from '#platform/testing/cleanup.ts';
import { DeliveryFixture } from './delivery-fixture.ts';
import type { DeliveryStep } from './delivery-step.ts';
import { InvariantChecker } from './invariant-checker.ts';
import type { FurnishedFolder } from './model-hub.ts';

/** Looking costs more than most steps. */
const LOOK_EVERY = 6;

/** Plays what happens on a copy of a folder, and holds what the hub says against what the base did. */
export async function playDelivery(
  furnished: FurnishedFolder,
  steps: readonly DeliveryStep[],
): Promise<void> {
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
