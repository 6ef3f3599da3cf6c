import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from './architecture/source.ts';
import { Checked, failuresOf } from './bench/simulate/check.ts';
import { fitCosts } from './bench/simulate/costs.ts';
import { USUAL, type Workload, workloadOf } from './bench/simulate/deployment.ts';
import { Installation, MAX_UTILISATION } from './bench/simulate/installation.ts';
import { leastSquares } from './bench/simulate/least-squares.ts';
import { MeasuredMachine } from './bench/simulate/machine.ts';
import { type Load, Measured, type Run, Spent, SPENT } from './bench/simulate/measured.ts';
import { gathers, slowdownOfPool, slowdownOfThread, waitingShare } from './bench/simulate/queue.ts';

/** Round numbers: a second of load costs what is written here, and nothing is shared. */
const PRICES: Partial<Record<keyof Spent, { command: number; delivery: number; reading: number }>> =
  {
    hubs: { command: 4, delivery: 2, reading: 0.01 },
    listener: { command: 0.5, delivery: 0.1, reading: 0 },
    database: { command: 2, delivery: 1, reading: 0.02 },
    base: { command: 1, delivery: 0, reading: 0 },
    walSyncs: { command: 3, delivery: 1, reading: 0 },
    busyConnections: { command: 0.01, delivery: 0.002, reading: 0 },
  };
const IDLE: Partial<Spent> = { hubs: 40, listener: 20, database: 30 };
const IDLE_LOAD: Load = { commands: 0, deliveries: 0, readings: 0 };

function spentOn({ commands, deliveries, readings }: Load): Spent {
  const of = (what: keyof Spent): number => {
    const { command = 0, delivery = 0, reading = 0 } = PRICES[what] ?? {};
    const idle = IDLE[what] ?? 0;
    return idle + command * commands + delivery * deliveries + reading * readings;
  };
  return Spent.parse(Object.fromEntries(SPENT.map((what) => [what, of(what)])));
}

function run(load: Load, p50Ms: number | null = null): Run {
  return {
    name: 'made up',
    seconds: 20,
    load,
    othersMs: 0,
    spent: spentOn(load),
    p50Ms,
    p99Ms: null,
  };
}

const COMMANDS = [10, 40, 80].map((commands) => ({ ...IDLE_LOAD, commands }));

function measuredWith(p50Ms: readonly number[] = [20, 22, 26]): Measured {
  return {
    ...{ date: '2026-01-01', commit: 'abc1234', node: '20', processors: 2, machineLoad: 0 },
    ...{ syncMs: 1, mainThreadShare: 1, workingHubs: 2 },
    idle: run(IDLE_LOAD),
    smallDeliveries: run({ commands: 0, deliveries: 50, readings: 50 }),
    largeDeliveries: run({ commands: 0, deliveries: 20, readings: 4_000 }),
    fitted: COMMANDS.map((load, index) => run(load, p50Ms[index] ?? NaN)),
    bases: {
      ...{ count: 1_000, hubBytesPerBase: 50_000, hubBytesWithoutBases: 100_000_000 },
      connect: { hubs: 10, database: 2 },
      idleSecond: { hubs: 0.02, database: 0.01, transactions: 0.1 },
    },
  };
}

const SOME: Workload = {
  ...{ bases: 1_000, commandsPerSecond: 10, deliveriesPerSecond: 20, readingsPerSecond: 100 },
};

describe('the arithmetic of waiting', () => {
  it('is that of the textbook for one and two servers', () => {
    expect(waitingShare(1, 0.5)).toBeCloseTo(0.5, 12);
    expect(waitingShare(2, 0.5)).toBeCloseTo(1 / 3, 12);
    expect(slowdownOfPool(1, 0.5)).toBeCloseTo(2, 12);
    // M/M/2: 1 / (1 - 0.8 squared).
    expect(slowdownOfPool(2, 0.8)).toBeCloseTo(1 / 0.36, 12);
    expect(slowdownOfThread(0.5)).toBeCloseTo(2, 12);
    // Work that always takes as long waits half as long.
    expect(slowdownOfThread(0.5, 0)).toBeCloseTo(1.5, 12);
  });

  it('grows with the load and has no end at full use', () => {
    const shares = [0, 0.2, 0.4, 0.6, 0.8, 0.95];
    for (const slowdown of [(use: number) => slowdownOfPool(4, use), slowdownOfThread]) {
      const grown = shares.map((use) => slowdown(use));
      expect(grown[0]).toBe(1);
      expect(grown).toEqual(grown.toSorted((a, b) => a - b));
      expect(new Set(grown).size).toBe(grown.length);
      expect(slowdown(1)).toBe(Infinity);
    }
  });

  it('gathers half of what comes when one arrives in each window', () => {
    expect(gathers(100, 10)).toBe(50);
    expect(gathers(0, 10)).toBe(0);
  });
});

describe('the fit', () => {
  it('finds coefficients that explain the values, and none below nothing', () => {
    const [a, b] = leastSquares([
      { factors: [1, 2], value: 8 },
      { factors: [3, 1], value: 9 },
      { factors: [1, 1], value: 5 },
    ]);
    expect(a).toBeCloseTo(2, 6);
    expect(b).toBeCloseTo(3, 6);
    expect(
      leastSquares([
        { factors: [1, 1], value: 1 },
        { factors: [1, 2], value: 0.5 },
      ])[1],
    ).toBe(0);
  });

  it('gives back what the runs were made of', () => {
    const { hubs, database, base } = fitCosts(measuredWith()).costs;
    expect(hubs.idle).toBe(40);
    expect(hubs.delivery).toBeCloseTo(2, 6);
    expect(hubs.reading).toBeCloseTo(0.01, 6);
    expect(hubs.command).toBeCloseTo(4, 4);
    expect(hubs.gathering).toBeCloseTo(0, 3);
    expect(database.command).toBeCloseTo(2, 4);
    expect(base.command).toBeCloseTo(1, 4);
  });

  it('explains each run that it was made from, with all that was spent', () => {
    const measured = measuredWith();
    const machine = new MeasuredMachine(measured);
    for (const { load, spent } of [measured.idle, measured.largeDeliveries, ...measured.fitted]) {
      expect(machine.predict(load).utilisation).toBeCloseTo(machine.utilisationOf(spent), 4);
    }
  });

  it('has its ceiling where the processors are used up, by hand', () => {
    // 2,000 ms a second, less 90 ms idle, at 7.5 ms for a command.
    expect(new MeasuredMachine(measuredWith()).ceiling()).toBeCloseTo(1_910 / 7.5, 1);
  });

  it('predicts a longer round trip for more load', () => {
    const machine = new MeasuredMachine(measuredWith());
    const times = [10, 50, 100, 150, 200].map(
      (commands) => machine.predict({ ...IDLE_LOAD, commands }).p50Ms,
    );
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeGreaterThan(2 * (times[0] ?? NaN));
  });
});

describe('an installation', () => {
  const installation = new Installation(measuredWith());

  it('uses what can be worked out by hand', () => {
    const { utilisation } = installation.simulate(SOME, { ...USUAL, hubs: 2 });
    // Of each hub: 20 idle, and half of 40 + 40 + 1 for the load and 20 for the bases.
    expect(utilisation['hub thread']).toBeCloseTo((20 + 101 / 2) / 1_000, 4);
    expect(utilisation['hub processors']).toBeCloseTo((20 + 101 / 2) / 2_000, 4);
    // 20 idle, 20 + 20 + 2 for the load, 10 for the bases, on 8 processors.
    expect(utilisation['database processors']).toBeCloseTo(72 / 8_000, 4);
    expect(utilisation['hub memory']).toBeCloseTo(125_000_000 / (4 * 1_024 ** 3), 6);
    expect(utilisation['database connections']).toBeCloseTo(36 / 200, 6);
    // 50 syncs of a millisecond, of which up to 8 share one.
    expect(utilisation['disk syncs']).toBeCloseTo(0.05 / 8, 4);
    expect(utilisation.writers).toBeCloseTo(0.14 / 16, 4);
  });

  it('spends as much in all on however many hubs, but for what each hears and idles', () => {
    const all = (hubs: number): number => {
      const { utilisation } = installation.simulate(SOME, { ...USUAL, hubs });
      return utilisation['hub thread'] * 1_000 * hubs;
    };
    expect(all(2) - all(1)).toBeCloseTo(20, 4);
    // One more: idle, and 10 commands and 20 deliveries to hear of.
    expect(all(3) - all(2)).toBeCloseTo(20 + 5 + 2, 4);
  });

  it('is used more by more load, and each hub less by more hubs', () => {
    const more = { ...SOME, commandsPerSecond: 20 };
    const deployment = { ...USUAL, hubs: 3 };
    const before = installation.simulate(SOME, deployment);
    const after = installation.simulate(more, deployment);
    expect(after.utilisation['hub thread']).toBeGreaterThan(before.utilisation['hub thread']);
    expect(after.utilisation['disk syncs']).toBeGreaterThan(before.utilisation['disk syncs']);
    expect(after.p50Ms).toBeGreaterThan(before.p50Ms);
    const wider = installation.simulate(more, { ...USUAL, hubs: 6 });
    expect(wider.utilisation['hub thread']).toBeLessThan(after.utilisation['hub thread']);
    expect(wider.utilisation['database processors']).toBeGreaterThan(
      after.utilisation['database processors'],
    );
  });

  it('fits as much as leaves the room that it should', () => {
    const deployment = { ...USUAL, hubs: 3 };
    const factor = installation.fits(SOME, deployment);
    const full = installation.simulate(
      {
        bases: SOME.bases * factor,
        commandsPerSecond: SOME.commandsPerSecond * factor,
        deliveriesPerSecond: SOME.deliveriesPerSecond * factor,
        readingsPerSecond: SOME.readingsPerSecond * factor,
      },
      deployment,
    );
    expect(full.utilisation[full.bottleneck]).toBeCloseTo(MAX_UTILISATION, 6);
  });

  it('has no answer in time where something is used up', () => {
    const tooMuch = { ...SOME, commandsPerSecond: 10_000 };
    expect(installation.simulate(tooMuch, { ...USUAL, hubs: 1 }).p50Ms).toBe(Infinity);
  });
});

describe('a workload', () => {
  it('is that of all bases, none of which sends more than ten times a second', () => {
    const options = { bases: 100, units: 30, commandsPerHour: 36 };
    expect(workloadOf({ ...options, readingsPerMinute: 4 })).toEqual({
      ...{ bases: 100, commandsPerSecond: 1, readingsPerSecond: 200, deliveriesPerSecond: 200 },
    });
    expect(workloadOf({ ...options, readingsPerMinute: 60 }).deliveriesPerSecond).toBe(1_000);
  });
});

describe('what is checked in', () => {
  const file = (name: string): string => join(REPOSITORY, 'test/bench/simulate', name);
  const measured = Measured.parse(JSON.parse(readFileSync(file('measured.json'), 'utf8')));

  it('was measured, and simulates what one hub carries', () => {
    const installation = new Installation(measured);
    const workload = workloadOf({
      ...{ bases: 10, units: 10, readingsPerMinute: 1, commandsPerHour: 8 },
    });
    expect(installation.fits(workload, { ...USUAL, hubs: 1 })).toBeGreaterThan(1);
  });

  it.skipIf(!existsSync(file('checked.json')))(
    'predicted a run that it was not fitted to within a quarter, as the model is now',
    () => {
      const checked = Checked.parse(JSON.parse(readFileSync(file('checked.json'), 'utf8')));
      expect(failuresOf(checked)).toEqual([]);
      expect(checked.measuredCommit).toBe(measured.commit);
      const machine = new MeasuredMachine(measured);
      const predicted = machine.predict(checked.run.load, checked.run.othersMs);
      expect(predicted.p50Ms).toBeCloseTo(checked.p50Ms.predicted, 6);
      expect(predicted.utilisation).toBeCloseTo(checked.utilisation.predicted, 6);
      expect(machine.ceiling(checked.othersAtCeilingMs)).toBeCloseTo(
        checked.commandsPerSecond.predicted,
        4,
      );
    },
  );
});
