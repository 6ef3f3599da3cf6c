import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { newId, UnitId } from '#protocol/ids.ts';
import type { UnitIdentity } from '../drivers/port/unit-identity.ts';
import { MaintenanceSchedule } from './maintenance-schedule.ts';
import type { MaintenanceTask } from './maintenance-task.ts';

const unitId = newId(UnitId);
const identity: UnitIdentity = {
  ...{ hardwareId: 'h', model: 'lamp', firmwareVersion: '1', bootId: '00000001' },
  ...{ resetReason: 'unspecified', uptimeMs: 0, safeMode: false, unconfirmed: false },
};

let clock: ManualClock;
let task: MaintenanceTask | undefined;
let calls: string[];
let connections: unknown[];
let schedule: MaintenanceSchedule;

beforeEach(() => {
  clock = new ManualClock();
  task = undefined;
  calls = [];
  connections = [];
  schedule = new MaintenanceSchedule({
    ...{ clock, unitId },
    maintenance: {
      connected: (...connection) => void connections.push(connection),
      of: (id) => (id === unitId ? task : undefined),
      removed: () => undefined,
    },
    due: () => calls.push('due'),
    turn: () => calls.push('turn'),
  });
});

const dueIn = (ms: number): MaintenanceTask => ({
  dueAtMs: clock.monotonicMs() + ms,
  step: () => Promise.resolve(),
});

describe('the maintenance of a unit', () => {
  it('is next once it is due, and is announced then', () => {
    task = dueIn(500);
    expect(schedule.next()).toBeUndefined();
    clock.advance(499);
    expect(calls).toEqual([]);
    clock.advance(1);
    expect(calls).toEqual(['due']);
    expect(schedule.next()).toBe(task);
  });

  it('goes by the last answer of when it is due', () => {
    task = dueIn(500);
    schedule.next();
    task = dueIn(2_000);
    schedule.next();
    clock.advance(1_999);
    expect(calls).toEqual([]);
    clock.advance(1);
    expect(calls).toEqual(['due']);
  });

  it('needs no timer where there is nothing to do', () => {
    expect(schedule.next()).toBeUndefined();
    task = dueIn(Infinity);
    expect(schedule.next()).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets everything else go first after each step', () => {
    task = dueIn(0);
    expect(schedule.next()).toBe(task);
    schedule.yieldTurn();
    expect(schedule.next()).toBeUndefined();
    clock.advance(0);
    expect(calls).toEqual(['turn']);
    expect(schedule.next()).toBe(task);
  });

  it('learns of each new session with its unit', () => {
    schedule.connected(identity);
    expect(connections).toEqual([[unitId, identity]]);
  });

  it('leaves no timer behind', () => {
    task = dueIn(500);
    schedule.next();
    schedule.yieldTurn();
    schedule.close();
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_000);
    expect(calls).toEqual([]);
  });
});
