import { CleanupStack } from '#platform/testing/cleanup.ts';
import { DeviceChecker } from './device-checker.ts';
import { DeviceFixture, type FurnishedPlace } from './device-fixture.ts';
import type { DeviceStep } from './device-step.ts';

/** Looking costs more than most steps. */
const LOOK_EVERY = 6;

/** Plays what happens on a copy of the data, and holds what the hubs say against what the device had. */
export async function playDevice(
  furnished: FurnishedPlace,
  steps: readonly DeviceStep[],
): Promise<void> {
  const cleanup = new CleanupStack();
  const fixture = await DeviceFixture.open(furnished, cleanup);
  cleanup.add(() => fixture.close());
  const checker = new DeviceChecker(fixture);
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
