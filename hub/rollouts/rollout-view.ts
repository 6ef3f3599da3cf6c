import { toInstant } from '#protocol/json.ts';
import type { RolloutView } from '#protocol/rollout/rollout.ts';
import { type RolloutRow, planOf } from '../store/rollouts.ts';
import type { UnitUpdateRow } from '../store/unit-updates.ts';
import { type Machine, type MachineUnit, rolloutTargets } from './rollout-machine.ts';

function machineUnit(row: UnitUpdateRow): MachineUnit {
  return {
    unitId: row.unit_id,
    isCanary: row.is_canary === 1,
    state: row.state,
    step: row.step,
    changedAtMs: row.changed_at,
  };
}

export function machineOf(row: RolloutRow, units: readonly UnitUpdateRow[]): Machine {
  return { state: row.state, plan: planOf(row), step: row.step, units: units.map(machineUnit) };
}

export function rolloutView(row: RolloutRow, units: readonly UnitUpdateRow[]): RolloutView {
  const plan = planOf(row);
  const states = units.map(({ state }) => state);
  const count = (...which: readonly UnitUpdateRow['state'][]): number =>
    states.filter((state) => which.includes(state)).length;
  return {
    id: row.id,
    siteId: row.site_id,
    firmware: { id: row.firmware_id, model: row.model, version: row.version },
    state: row.state,
    plan,
    step: row.step,
    targets: rolloutTargets(plan, units.map(machineUnit)),
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
