import { toInstant } from '#protocol/json.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import type { UnitUpdateState } from '#protocol/rollout/unit-update-state.ts';
import { type RolloutRow, planOf } from '../../store/rollouts.ts';
import type { RolloutTally, UnitUpdateRow } from '../../store/unit-updates.ts';
import { type Machine, rolloutTargets } from './rollout-machine.ts';

export function machineOf(row: RolloutRow, updates: readonly UnitUpdateRow[]): Machine {
  return {
    state: row.state,
    plan: planOf(row),
    step: row.step,
    units: updates.map((update) => ({
      unitId: update.unit_id,
      isCanary: update.is_canary === 1,
      state: update.state,
      step: update.step,
      changedAtMs: update.changed_at,
    })),
  };
}

/** What a rollout's view says of its units. */
export function tallyOf(updates: readonly UnitUpdateRow[]): RolloutTally {
  const tally: RolloutTally = { canaries: 0, states: new Map() };
  for (const { state, is_canary } of updates) {
    tally.canaries += is_canary;
    tally.states.set(state, (tally.states.get(state) ?? 0) + 1);
  }
  return tally;
}

export function rolloutView(row: RolloutRow, { canaries, states }: RolloutTally): RolloutView {
  const plan = planOf(row);
  const count = (...which: readonly UnitUpdateState[]): number =>
    which.reduce((sum, state) => sum + (states.get(state) ?? 0), 0);
  const total = [...states.values()].reduce((sum, some) => sum + some, 0);
  return {
    id: row.id,
    siteId: row.site_id,
    firmware: { id: row.firmware_id, model: row.model, version: row.version },
    state: row.state,
    plan,
    step: row.step,
    targets: rolloutTargets(plan, { total, canaries }),
    counts: {
      waiting: count('waiting'),
      underWay: count('queued', 'downloading', 'verified', 'applying'),
      confirmed: count('confirmed'),
      failed: count('failed', 'rolled_back'),
      cancelled: count('cancelled'),
    },
    hold: row.hold,
    nextStepAt: row.next_step_at === null ? null : toInstant(row.next_step_at),
    startedBy: row.started_by,
    createdAt: toInstant(row.created_at),
    endedAt: row.ended_at === null ? null : toInstant(row.ended_at),
  };
}
