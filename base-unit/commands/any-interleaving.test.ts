import fc from 'fast-check';
import { it } from 'vitest';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../test/harness/property-runs.ts';
import { anyBaseStep, type BaseStep } from '../testing/model/base-step.ts';
import { BaseFixture } from '../testing/model/base-fixture.ts';
import { expectAllReported, expectKept } from '../testing/model/expect-kept.ts';

async function play(steps: readonly BaseStep[]): Promise<void> {
  const cleanup = new CleanupStack();
  try {
    const fixture = new BaseFixture(cleanup);
    for (const step of steps) {
      await step.run(fixture);
      expectKept(fixture);
    }
    await fixture.comeToRest();
    expectAllReported(fixture);
  } finally {
    await cleanup.run();
  }
}

it(
  'executes each command once and reports how it ended, whatever is lost, repeated, late or killed',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyBaseStep, { maxLength: 50, size: 'max' }), play),
      propertyRuns(20),
    );
  },
);
