import { toInstant } from '#protocol/json.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import type { RolloutRecord } from '../../store/rollouts.ts';
import type { RolloutTally, UnitUpdateRecord } from '../../store/unit-updates.ts';
import { type Machine, rolloutTargets } from './rollout-machine.ts';

export function machineOf(rollout: RolloutRecord, updates: readonly UnitUpdateRecord[]): Machine {
  return {
    state: rollout.state,
    plan: rollout.plan,
    step: rollout.step,
    units: updates.map(({ unitId, isCanary, state, step, changedAtMs }) => {
      return { unitId, isCanary, state, step, changedAtMs };
    }),
  };
}

/** The units part of a rollout's view. */
export function tallyOf(updates: readonly UnitUpdateRecord[]): RolloutTally {
  const tally: RolloutTally = { canaries: 0, states: new Map() };
  for (const { state, isCanary } of updates) {
    if (isCanary) tally.canaries += 1;
    tally.states.set(state, (tally.states.get(state) ?? 0) + 1);
  }
  return tally;
}

export function rolloutView(
  rollout: RolloutRecord,
  { canaries, states }: RolloutTally,
): RolloutView {
  const { plan, nextStepAtMs, endedAtMs } = rollout;
  const count = (...which: readonly UnitUpdateState[]): number =>
    which.reduce((sum, state) => sum + (states.get(state) ?? 0), 0);
  const total = [...states.values()].reduce((sum, some) => sum + some, 0);
  return {
    id: rollout.id,
    siteId: rollout.siteId,
    firmware: { id: rollout.firmwareId, model: rollout.model, version: rollout.version },
    state: rollout.state,
    plan,
    step: rollout.step,
    targets: rolloutTargets(plan, { total, canaries }),
    counts: {
      waiting: count('waiting'),
      underWay: count('queued', 'downloading', 'verified', 'applying'),
      confirmed: count('confirmed'),
      failed: count('failed', 'rolled_back'),
      cancelled: count('cancelled'),
    },
    hold: rollout.hold,
    nextStepAt: nextStepAtMs === null ? null : toInstant(nextStepAtMs),
    startedBy: rollout.startedBy,
    createdAt: toInstant(rollout.createdAtMs),
    endedAt: endedAtMs === null ? null : toInstant(endedAtMs),
  };
}
