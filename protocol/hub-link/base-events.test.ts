import { describe, expect, it } from 'vitest';
import { CommandId, newId, UnitId } from '../ids.ts';
import { BaseEventBody, CommandFinished } from './base-events.ts';

describe('how a command ended', () => {
  it('is understood from a base of version 2, with the number of a stage and the former code', () => {
    const trace = [{ hop: 11, atMs: 1, code: 'in_doubt' }];
    const finished = CommandFinished.parse({
      commandId: newId(CommandId),
      outcome: 'unknown',
      code: 'in_doubt',
      trace,
    });
    expect(finished.code).toBe('outcome_unknown');
    expect(finished.trace).toEqual([{ stage: 'base_matched', atMs: 1, code: 'outcome_unknown' }]);
  });

  it('is refused with an unknown code', () => {
    const report = { commandId: newId(CommandId), outcome: 'failed', trace: [] };
    expect(CommandFinished.safeParse({ ...report, code: 'lost_somewhere' }).success).toBe(false);
  });
});

it('is a record of readings by its former name as well', () => {
  const times = { measuredAtMs: 1, receivedAtMs: 2, clock: 'synced' };
  const one = { property: 'celsius', seq: 1, value: 20, ...times };
  const data = { unitId: newId(UnitId), bootId: '00000001', readings: [one] };
  const parsed = BaseEventBody.safeParse({ type: 'readings.taken', data });
  const today = BaseEventBody.safeParse({ type: 'readings.recorded', data });
  expect(today.success).toBe(true);
  expect(parsed).toEqual(today);
});
