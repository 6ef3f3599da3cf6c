import { expect, it } from 'vitest';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { countsText, holdText, stepText, viewRollout } from './rollout-summary.ts';

const COUNTS = { waiting: 0, underWay: 0, confirmed: 0, failed: 0, cancelled: 0 };

it('shows the current step of a rollout', () => {
  expect(stepText({ step: 0, targets: [1, 5, 10] })).toBe('First unit');
  expect(stepText({ step: 0, targets: [2, 5, 10] })).toBe('First 2 units');
  expect(stepText({ step: 2, targets: [2, 5, 10] })).toBe('Step 2 of 2');
  expect(
    countsText({
      targets: [1, 10],
      counts: { ...COUNTS, confirmed: 3, failed: 1, underWay: 2, cancelled: 4 },
    }),
  ).toBe('3 of 10 updated, 1 failed, 2 in progress, 4 not begun');
});

it('does not call a rollout good in which a unit failed', () => {
  expect(viewRollout({ state: 'finished', counts: COUNTS }).tone).toBe('proven');
  const failed = viewRollout({ state: 'finished', counts: { ...COUNTS, failed: 2 } });
  expect(failed).toEqual({ tone: 'lost', word: 'Finished, 2 failed' });
});

it('says what a running rollout waits for, and nothing of one that is over', () => {
  const soaking: Pick<RolloutView, 'hold' | 'nextStepAt' | 'state'> = {
    state: 'running',
    hold: 'soaking',
    nextStepAt: new Date(90_000).toISOString(),
  };
  expect(holdText(soaking, 0)).toContain('1 min 30 s');
  expect(holdText(soaking, 90_000)).toContain('a moment');
  expect(holdText({ ...soaking, hold: 'canary_away' }, 0)).toContain('first unit');
  expect(holdText({ ...soaking, state: 'paused' }, 0)).toBeUndefined();
  expect(holdText({ ...soaking, hold: null }, 0)).toBeUndefined();
});
