import fc from 'fast-check';
import { it } from 'vitest';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../test/harness/property-runs.ts';
import { anyBaseStep, type BaseStep } from '../testing/model/base-step.ts';
import { BaseWorld } from '../testing/model/base-world.ts';
import { expectAllTold, expectKept } from '../testing/model/expect-kept.ts';

async function play(steps: readonly BaseStep[]): Promise<void> {
  const cleanup = new CleanupStack();
  try {
    const world = new BaseWorld(cleanup);
    for (const step of steps) {
      await step.run(world);
      expectKept(world);
    }
    await world.comeToRest();
    expectAllTold(world);
  } finally {
    await cleanup.run();
  }
}

it(
  'does each command once and tells how it ended, whatever is lost, repeated, late or killed',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyBaseStep, { maxLength: 50, size: 'max' }), play),
      propertyRuns(20),
    );
  },
);
