import type { UnitId } from '#protocol/ids.ts';
import {
  type RolloutHold,
  type RolloutPlan,
  type RolloutState,
  isRolloutOpen,
} from '#protocol/rollout/rollout.ts';
import {
  type UnitUpdateState,
  isUpdateFailure,
  isUpdateOver,
} from '#protocol/rollout/unit-update-state.ts';

export interface MachineUnit {
  readonly unitId: UnitId;
  readonly isCanary: boolean;
  readonly state: UnitUpdateState;
  /** In which its turn came; null: not yet. */
  readonly step: number | null;
  /** When it came to its state. */
  readonly changedAtMs: number;
}

/** A rollout as its machine sees it. */
export interface Machine {
  readonly state: RolloutState;
  readonly plan: RolloutPlan;
  /** The step that has begun; 0: that of the canaries. */
  readonly step: number;
  /** In the order of their turns, canaries first. */
  readonly units: readonly MachineUnit[];
}

/** What surrounds it. */
export interface Surroundings {
  readonly nowMs: number;
  /** Since when a unit has been there without a break; undefined: it is away. */
  readonly thereSince: (unitId: UnitId) => number | undefined;
}

export interface Decision {
  readonly state: RolloutState;
  readonly step: number;
  /** Their turn has come. */
  readonly order: readonly UnitId[];
  /** They keep their state as far as possible. */
  readonly cancel: readonly UnitId[];
  readonly hold: RolloutHold | null;
  /** When the next step begins, if nothing happens before. */
  readonly nextStepAtMs: number | null;
}

/** How many units have had their turn by the end of each step; the last number is that of all. */
export function rolloutTargets(
  { percentages }: RolloutPlan,
  size: { readonly total: number; readonly canaries: number },
): number[] {
  const canaries = Math.min(size.total, Math.max(1, size.canaries));
  const shares = percentages.map((percent) => Math.ceil((size.total * percent) / 100));
  return [canaries, ...shares.map((share) => Math.max(canaries, share))];
}

/** So many failed units stop the rollout. */
export function failureLimit(plan: RolloutPlan, total: number): number {
  const { stopAtFailures, stopAtPercent } = plan;
  const share = stopAtPercent === null ? Infinity : Math.ceil((total * stopAtPercent) / 100);
  return Math.max(1, Math.min(stopAtFailures, share));
}

/**
 * The next actions: a function of the rollout and its surroundings only, so it can be
 * evaluated at any time and after any restart.
 */
export function decide(given: Machine, around: Surroundings): Decision {
  const machine = { ...given, units: withCanary(given.units) };
  const still: Decision = {
    state: machine.state,
    step: machine.step,
    order: [],
    cancel: [],
    hold: null,
    nextStepAtMs: null,
  };
  if (!isRolloutOpen(machine.state)) return still;
  if (hasFailed(machine)) return { ...still, state: 'stopped', cancel: open(machine) };
  if (machine.units.every(({ state }) => isUpdateOver(state))) {
    return { ...still, state: 'finished' };
  }
  return machine.state === 'paused' ? still : goOn(machine, { ...around, still });
}

/** Ended by a person. */
export function abort(machine: Machine): Decision {
  return {
    state: 'aborted',
    step: machine.step,
    order: [],
    cancel: open(machine),
    hold: null,
    nextStepAtMs: null,
  };
}

function goOn(given: Machine, around: Surroundings & { readonly still: Decision }): Decision {
  const { still, nowMs } = around;
  const targets = rolloutTargets(given.plan, {
    total: given.units.length,
    canaries: given.units.filter(({ isCanary }) => isCanary).length,
  });
  const order: UnitId[] = [];
  let machine = given;
  for (let step = given.step; ; step += 1) {
    const waiting = machine.units.filter(({ state }) => state === 'waiting');
    const had = machine.units.length - waiting.length;
    const room = (targets[step] ?? machine.units.length) - had;
    const turn = waiting.slice(0, Math.max(0, room)).map(({ unitId }) => unitId);
    order.push(...turn);
    // A unit that is away now does not delay the next step: that shows at once.
    machine = ordered(machine, turn, { step, nowMs });
    if (step >= targets.length - 1) return { ...still, step, order };
    const { hold, nextStepAtMs } = restOf(machine, step, around);
    if (hold !== null || nextStepAtMs === null || nextStepAtMs > nowMs) {
      return { ...still, step, order, hold, nextStepAtMs };
    }
  }
}

function ordered(
  machine: Machine,
  turn: readonly UnitId[],
  { step, nowMs }: { readonly step: number; readonly nowMs: number },
): Machine {
  const units = machine.units.map((unit) =>
    turn.includes(unit.unitId)
      ? { ...unit, state: 'queued' as const, step, changedAtMs: nowMs }
      : unit,
  );
  return { ...machine, units };
}

/** What a step that all of its units have had their turn in still waits for. */
function restOf(
  machine: Machine,
  step: number,
  { nowMs, thereSince }: Surroundings,
): Pick<Decision, 'hold' | 'nextStepAtMs'> {
  const atIt = machine.units.filter(({ state }) => state !== 'waiting' && !isUpdateOver(state));
  // Units that are away and have not begun delay nothing; the canaries must prove the image.
  const isAway = (unit: MachineUnit) =>
    unit.state === 'queued' && thereSince(unit.unitId) === undefined;
  const awaited = atIt.filter((unit) => unit.isCanary || !isAway(unit));
  if (awaited.length > 0) {
    return { hold: awaited.every(isAway) ? 'canary_away' : null, nextStepAtMs: null };
  }
  const proving = machine.units.filter((unit) => unit.step === step && unit.state === 'confirmed');
  const since = proving.map((unit) => {
    const there = thereSince(unit.unitId);
    return there === undefined ? undefined : Math.max(there, unit.changedAtMs);
  });
  if (since.includes(undefined)) return { hold: 'updated_away', nextStepAtMs: null };
  const begins = since.map((atMs) => (atMs ?? 0) + machine.plan.soakMs);
  const nextStepAtMs = Math.max(0, ...begins);
  return { hold: nextStepAtMs > nowMs ? 'soaking' : null, nextStepAtMs };
}

/** If all canaries were removed from the site, the first unit becomes the canary. */
function withCanary(units: readonly MachineUnit[]): readonly MachineUnit[] {
  if (units.some(({ isCanary }) => isCanary)) return units;
  return units.map((unit, index) => (index === 0 ? { ...unit, isCanary: true } : unit));
}

function hasFailed({ plan, units }: Machine): boolean {
  const failed = units.filter(({ state }) => isUpdateFailure(state));
  if (failed.some(({ isCanary }) => isCanary)) return true;
  return failed.length >= failureLimit(plan, units.length);
}

function open({ units }: Machine): UnitId[] {
  return units.filter(({ state }) => !isUpdateOver(state)).map(({ unitId }) => unitId);
}
