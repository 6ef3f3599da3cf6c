import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { durationText } from '../format/time-text.ts';
import type { PresenceView } from './presence-view.ts';

/** How a rollout is, as a signal. */
export function viewRollout({
  state,
  counts,
}: Pick<RolloutView, 'state' | 'counts'>): PresenceView {
  switch (state) {
    case 'running':
      return { tone: 'waiting', word: 'Running' };
    case 'paused':
      return {
        tone: 'unknown',
        word: 'Paused',
        reason: 'No further units start. Updates in progress continue.',
      };
    case 'stopped':
      return {
        tone: 'lost',
        word: 'Stopped',
        reason: 'Too many units failed. The others keep their firmware.',
      };
    case 'aborted':
      return { tone: 'unknown', word: 'Ended manually' };
    case 'finished':
      return counts.failed === 0
        ? { tone: 'proven', word: 'Finished' }
        : { tone: 'lost', word: `Finished, ${counts.failed} failed` };
    default:
      return state satisfies never;
  }
}

/** `First unit`, `Step 1 of 2`: the current step. */
export function stepText({ step, targets }: Pick<RolloutView, 'step' | 'targets'>): string {
  const [canaries = 0] = targets;
  const steps = targets.length - 1;
  if (step === 0) return canaries === 1 ? 'First unit' : `First ${canaries} units`;
  return `Step ${step} of ${steps}`;
}

/** Why it is waiting, in a sentence; undefined when it is not. */
export function holdText(
  { hold, nextStepAt, state }: Pick<RolloutView, 'hold' | 'nextStepAt' | 'state'>,
  nowMs: number,
): string | undefined {
  if (state !== 'running') return undefined;
  switch (hold) {
    case null:
      return undefined;
    case 'canary_away':
      return 'Waiting for a first unit that cannot be reached.';
    case 'updated_away':
      return 'Waiting for an updated unit that has not reconnected since.';
    case 'soaking': {
      const leftMs = nextStepAt === null ? 0 : Date.parse(nextStepAt) - nowMs;
      const left = leftMs < 1_000 ? 'a moment' : durationText(leftMs);
      return `Watching the units of this step: the next one starts in ${left}.`;
    }
    default:
      return hold satisfies never;
  }
}

/** `3 of 10 updated, 1 failed, 2 in progress`. */
export function countsText({ counts, targets }: Pick<RolloutView, 'counts' | 'targets'>): string {
  const total = targets.at(-1) ?? 0;
  const parts = [
    `${counts.confirmed} of ${total} updated`,
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.underWay > 0 ? [`${counts.underWay} in progress`] : []),
    ...(counts.cancelled > 0 ? [`${counts.cancelled} not begun`] : []),
  ];
  return parts.join(', ');
}
