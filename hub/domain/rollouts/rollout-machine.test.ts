import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnitId, newId } from '#protocol/ids.ts';
import type { RolloutPlan } from '#protocol/rollout/rollout.ts';
import {
  type UnitUpdateState,
  isUpdateFailure,
  isUpdateOver,
  mayUpdateBecome,
} from '#protocol/rollout/unit-update-state.ts';
import { propertyRuns } from '../../../test/harness/property-runs.ts';
import {
  type Decision,
  type Machine,
  type MachineUnit,
  abort,
  decide,
  failureLimit,
  rolloutTargets,
} from './rollout-machine.ts';

const PLAN: RolloutPlan = {
  percentages: [50, 100],
  soakMs: 1_000,
  stopAtFailures: 2,
  stopAtPercent: null,
};

function units(count: number, canaries = 1): MachineUnit[] {
  return Array.from({ length: count }, (_, index) => ({
    unitId: newId(UnitId),
    isCanary: index < canaries,
    state: 'waiting',
    step: null,
    changedAtMs: 0,
  }));
}

/** A rollout that does what its machine says, on a clock of its own. */
class Played {
  machine: Machine;
  nowMs = 0;
  readonly away = new Set<UnitId>();
  readonly backSince = new Map<UnitId, number>();
  readonly ordered: UnitId[] = [];
  last: Decision | undefined;

  constructor(count: number, plan: Partial<RolloutPlan> = {}, canaries = 1) {
    this.machine = {
      state: 'running',
      plan: { ...PLAN, ...plan },
      step: 0,
      units: units(count, canaries),
    };
    this.look();
  }

  look(): Decision {
    const decision = decide(this.machine, {
      nowMs: this.nowMs,
      thereSince: (id) => (this.away.has(id) ? undefined : (this.backSince.get(id) ?? 0)),
    });
    this.#do(decision);
    return decision;
  }

  abort(): void {
    this.#do(abort(this.machine));
  }

  pause(isPaused: boolean): void {
    const { state } = this.machine;
    if (state !== 'running' && state !== 'paused') return;
    this.machine = { ...this.machine, state: isPaused ? 'paused' : 'running' };
  }

  /** What a base reports; nothing happens where it may not. */
  report(index: number, to: UnitUpdateState): void {
    const unit = this.machine.units[index];
    // Of a unit whose turn never came, no base says anything.
    if (!unit || unit.step === null || !mayUpdateBecome(unit.state, to)) return;
    this.#set(unit.unitId, { state: to, changedAtMs: this.nowMs });
  }

  leave(index: number): void {
    const unit = this.machine.units[index];
    if (unit) this.away.add(unit.unitId);
  }

  comeBack(index: number): void {
    const unit = this.machine.units[index];
    if (!unit || !this.away.delete(unit.unitId)) return;
    this.backSince.set(unit.unitId, this.nowMs);
  }

  states(): string[] {
    return this.machine.units.map(({ state }) => state);
  }

  #do(decision: Decision): void {
    this.last = decision;
    this.machine = { ...this.machine, state: decision.state, step: decision.step };
    for (const id of decision.order) {
      this.ordered.push(id);
      this.#set(id, { state: 'queued', step: decision.step, changedAtMs: this.nowMs });
    }
    for (const id of decision.cancel) {
      const unit = this.machine.units.find(({ unitId }) => unitId === id);
      const hasBegun = unit?.state !== 'waiting' && unit?.state !== 'queued';
      if (!hasBegun) this.#set(id, { state: 'cancelled', changedAtMs: this.nowMs });
    }
  }

  #set(id: UnitId, change: Partial<MachineUnit>): void {
    this.machine = {
      ...this.machine,
      units: this.machine.units.map((unit) => (unit.unitId === id ? { ...unit, ...change } : unit)),
    };
  }
}

describe('a rollout', () => {
  it('begins with the canaries only', () => {
    const rollout = new Played(5, {}, 2);
    expect(rollout.states()).toEqual(['queued', 'queued', 'waiting', 'waiting', 'waiting']);
    expect(rolloutTargets(rollout.machine.plan, { total: 5, canaries: 2 })).toEqual([2, 3, 5]);
  });

  it('waits until a step has soaked, counted from the last that was confirmed', () => {
    const rollout = new Played(4);
    rollout.nowMs = 500;
    rollout.report(0, 'confirmed');
    expect(rollout.look()).toMatchObject({ hold: 'soaking', nextStepAtMs: 1_500, order: [] });
    rollout.nowMs = 1_499;
    expect(rollout.look().order).toEqual([]);
    rollout.nowMs = 1_500;
    expect(rollout.look().order).toHaveLength(1);
    expect(rollout.states()).toEqual(['confirmed', 'queued', 'waiting', 'waiting']);
  });

  it('restarts the soak time after an updated unit went away and came back', () => {
    const rollout = new Played(4);
    rollout.report(0, 'confirmed');
    rollout.leave(0);
    rollout.nowMs = 5_000;
    expect(rollout.look()).toMatchObject({ hold: 'updated_away', order: [] });
    rollout.comeBack(0);
    expect(rollout.look()).toMatchObject({ hold: 'soaking', nextStepAtMs: 6_000 });
    rollout.nowMs = 6_000;
    expect(rollout.look().order).toHaveLength(1);
  });

  it('waits for a canary that is away, and for no other unit that has not begun', () => {
    const rollout = new Played(6, { soakMs: 0 });
    rollout.leave(0);
    expect(rollout.look()).toMatchObject({ hold: 'canary_away', order: [] });
    rollout.comeBack(0);
    rollout.report(0, 'confirmed');
    expect(rollout.look().order).toHaveLength(2);
    rollout.leave(1);
    rollout.report(2, 'confirmed');
    expect(rollout.look().order).toHaveLength(3);
    for (const index of [3, 4, 5]) rollout.report(index, 'confirmed');
    expect(rollout.look().state).toBe('running');
    rollout.comeBack(1);
    rollout.report(1, 'confirmed');
    expect(rollout.look().state).toBe('finished');
  });

  it('skips units that are away when their turn comes', () => {
    const rollout = new Played(4, { percentages: [25, 50, 100], soakMs: 0 });
    rollout.leave(1);
    rollout.report(0, 'confirmed');
    expect(rollout.look()).toMatchObject({ step: 3, hold: null });
    expect(rollout.states()).toEqual(['confirmed', 'queued', 'queued', 'queued']);
    expect(rollout.look().order).toEqual([]);
  });

  it('is stopped by a canary, however many failures it would bear', () => {
    const rollout = new Played(4, { stopAtFailures: 4 }, 2);
    rollout.report(1, 'rolled_back');
    expect(rollout.look().state).toBe('stopped');
    expect(rollout.states()).toEqual(['cancelled', 'rolled_back', 'cancelled', 'cancelled']);
  });

  it('is stopped by as many failures as the plan says, or as its share of the units', () => {
    expect(failureLimit({ ...PLAN, stopAtFailures: 3 }, 100)).toBe(3);
    expect(failureLimit({ ...PLAN, stopAtFailures: 30, stopAtPercent: 5 }, 100)).toBe(5);
    expect(failureLimit({ ...PLAN, stopAtFailures: 30, stopAtPercent: 5 }, 3)).toBe(1);
  });

  it('is stopped by a unit that falls back after it was confirmed', () => {
    const rollout = new Played(4);
    rollout.report(0, 'confirmed');
    rollout.look();
    rollout.report(0, 'rolled_back');
    expect(rollout.look().state).toBe('stopped');
  });

  it('starts no unit while it is paused, and still detects too many failures', () => {
    const rollout = new Played(4, { soakMs: 0 });
    rollout.pause(true);
    rollout.report(0, 'confirmed');
    expect(rollout.look()).toMatchObject({ state: 'paused', order: [] });
    rollout.pause(false);
    expect(rollout.look().order).toHaveLength(1);
    rollout.pause(true);
    rollout.report(0, 'rolled_back');
    expect(rollout.look().state).toBe('stopped');
  });

  it('finds another canary where all of them were removed', () => {
    const rollout = new Played(3);
    rollout.machine = { ...rollout.machine, units: rollout.machine.units.slice(1) };
    expect(rollout.look().order).toHaveLength(1);
    rollout.report(0, 'failed');
    expect(rollout.look().state).toBe('stopped');
  });
});

type Step = (rollout: Played) => void;

const index = fc.nat(11);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        index,
        fc.constantFrom<UnitUpdateState>(
          'queued',
          'downloading',
          'verified',
          'applying',
          'confirmed',
          'confirmed',
          'confirmed',
          'failed',
          'rolled_back',
          'cancelled',
        ),
      )
      .map(
        ([at, to]): Step =>
          (rollout) =>
            rollout.report(at, to),
      ),
  },
  {
    weight: 2,
    arbitrary: index.map(
      (at): Step =>
        (rollout) =>
          rollout.leave(at),
    ),
  },
  {
    weight: 2,
    arbitrary: index.map(
      (at): Step =>
        (rollout) =>
          rollout.comeBack(at),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.nat(2_000).map((ms): Step => (rollout) => {
      rollout.nowMs += ms;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map(
      (is): Step =>
        (rollout) =>
          rollout.pause(is),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((rollout) => rollout.abort()) },
  {
    weight: 1,
    arbitrary: index.map((at): Step => (rollout) => {
      rollout.machine = {
        ...rollout.machine,
        units: rollout.machine.units.filter((_, place) => place !== at),
      };
    }),
  },
);

const anyPlan: fc.Arbitrary<RolloutPlan> = fc.record({
  percentages: fc
    .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 })
    .map((shares) => [...shares.sort((a, b) => a - b), 100]),
  soakMs: fc.constantFrom(0, 1_000),
  stopAtFailures: fc.integer({ min: 1, max: 6 }),
  stopAtPercent: fc.option(fc.integer({ min: 1, max: 100 })),
});

/** What holds at any time. */
function expectSound(rollout: Played, before: Machine): void {
  const { machine, ordered, last } = rollout;
  // Nobody's turn comes twice.
  expect(new Set(ordered).size).toBe(ordered.length);
  const size = {
    total: machine.units.length,
    canaries: machine.units.filter(({ isCanary }) => isCanary).length,
  };
  const target = rolloutTargets(machine.plan, size)[machine.step] ?? 0;
  const begun = machine.units.filter(({ step }) => step !== null);
  const atIt = begun.filter(({ state }) => !isUpdateOver(state));
  // A unit that was removed makes the shares smaller after the turns were given.
  const given = last?.order.length ?? 0;
  if (given > 0) expect(begun.length).toBeLessThanOrEqual(target);
  if (given > 0) expect(atIt.length).toBeLessThanOrEqual(target);
  const failed = before.units.filter(({ state }) => isUpdateFailure(state));
  if (failed.length >= failureLimit(machine.plan, before.units.length)) expect(given).toBe(0);
  if (before.state !== 'running') expect(given).toBe(0);
  if (given > 0 && machine.step > 0) {
    // Nobody came after the canaries before all of these were through.
    const canaries = before.units.filter(({ isCanary }) => isCanary);
    expect(canaries.every(({ state }) => isUpdateOver(state))).toBe(true);
  }
  const isOver = machine.state !== 'running' && machine.state !== 'paused';
  if (isOver) expect(machine.units.some(({ state }) => state === 'waiting')).toBe(false);
}

it('keeps to its shares and its limit, and gives each unit one turn, whatever is reported when', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 3 }),
      anyPlan,
      fc.array(anyStep, { maxLength: 80, size: 'max' }),
      (count, canaries, plan, steps) => {
        const rollout = new Played(count, plan, Math.min(canaries, count));
        for (const step of steps) {
          const turns = rollout.ordered.length;
          step(rollout);
          // Ended by hand, nothing else happens in between.
          expect(rollout.ordered.length).toBe(turns);
          const before = rollout.machine;
          rollout.look();
          expectSound(rollout, before);
          // The same again decides the same: nothing is left to do.
          const again = rollout.look();
          expect(again.order).toEqual([]);
          expect(again.cancel).toEqual([]);
        }
      },
    ),
    propertyRuns(100),
  );
});

it('ends once every unit is online and works', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      anyPlan,
      fc.array(anyStep, { maxLength: 40, size: 'max' }),
      (count, plan, steps) => {
        const rollout = new Played(count, plan);
        for (const step of steps) {
          step(rollout);
          rollout.look();
        }
        rollout.pause(false);
        for (let round = 0; round < 40; round += 1) {
          for (const [at, { state }] of rollout.machine.units.entries()) {
            rollout.comeBack(at);
            if (!isUpdateOver(state)) rollout.report(at, 'confirmed');
          }
          rollout.nowMs += 1_000;
          rollout.look();
        }
        expect(rollout.machine.state).not.toBe('running');
        expect(rollout.states().every((state) => state !== 'waiting')).toBe(true);
      },
    ),
    propertyRuns(100),
  );
});
