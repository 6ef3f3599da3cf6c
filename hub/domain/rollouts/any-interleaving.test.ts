import { join } from 'node:path';
import fc from 'fast-check';
import { it } from 'vitest';
import { UPDATE_STATES } from '#protocol/update/update-state.ts';
import { atTestEnd, CleanupStack, temporaryFolder } from '#platform/testing/cleanup.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../../test/harness/property-runs.ts';
import { furnishFolder, type FurnishedFolder } from '../../testing/model/model-hub.ts';
import { RolloutFixture } from '../../testing/model/rollout-fixture.ts';

type Step = (fixture: RolloutFixture) => Promise<void>;

const unit = fc.nat(5);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({
        percentages: fc.constantFrom<number[]>([100], [50, 100], [20, 60, 100]),
        soakMs: fc.constantFrom(0, 10_000),
        stopAtFailures: fc.integer({ min: 1, max: 3 }),
      })
      .map(
        (plan): Step =>
          (fixture) =>
            fixture.start(plan),
      ),
  },
  { weight: 8, arbitrary: fc.constant<Step>((fixture) => fixture.learn()) },
  {
    weight: 16,
    arbitrary: fc
      .tuple(unit, fc.constantFrom(...UPDATE_STATES, 'confirmed' as const, 'confirmed' as const))
      .map(
        ([index, state]): Step =>
          (fixture) =>
            fixture.report(index, state),
      ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(unit, fc.constantFrom('ready', 'lost')).map(
      ([index, state]): Step =>
        (fixture) =>
          fixture.presence(index, state),
    ),
  },
  { weight: 8, arbitrary: fc.constant<Step>((fixture) => fixture.sweep()) },
  {
    weight: 4,
    arbitrary: fc.nat(20_000).map((ms): Step => (fixture) => {
      fixture.advance(ms);
      return Promise.resolve();
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('pause', 'resume', 'resume', 'abort').map(
      (verb): Step =>
        (fixture) =>
          fixture.change(verb),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((fixture) => fixture.restart()) },
);

async function play(furnished: FurnishedFolder, steps: readonly Step[]): Promise<void> {
  const cleanup = new CleanupStack();
  const fixture = await RolloutFixture.open(furnished, temporaryFolder(cleanup));
  cleanup.add(() => fixture.close());
  try {
    await fixture.start({});
    for (const step of steps) {
      await step(fixture);
      await fixture.expectSound();
    }
    await fixture.comeToRest();
    await fixture.expectSound();
  } finally {
    await cleanup.run();
  }
}

it(
  'orders each turn once and says what became of it, whatever is late, repeated, paused or killed',
  { timeout: PROPERTY_TIMEOUT_MS },
  async () => {
    const furnished = await furnishFolder(join(temporaryFolder(atTestEnd), 'hub'));
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 40, size: 'max' }), (steps) =>
        play(furnished, steps),
      ),
      propertyRuns(12),
    );
  },
);
