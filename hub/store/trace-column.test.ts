import { describe, expect, it } from 'vitest';
import { STAGE, stageNumber } from '#protocol/command/command-stage.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import { toInstant } from '#protocol/json.ts';
import { traceFromColumn, traceToColumn } from './trace-column.ts';

const at = (ms: number) => toInstant(1_764_489_600_000 + ms);

const steps: TraceStep[] = [
  { stage: STAGE.hubStored, at: at(0), state: 'queued' },
  { stage: STAGE.hubSent, at: at(0), state: 'dispatched' },
  { stage: STAGE.baseRouted, at: at(-3_600_000), uncorrected: true },
  { stage: STAGE.baseWritten, at: at(7), note: 'attempt 2' },
  { stage: STAGE.baseMatched, at: at(9), code: 'unit_busy' },
  {
    stage: STAGE.baseRecorded,
    at: at(10),
    state: 'received',
    code: 'unit_busy',
    note: '',
    uncorrected: true,
  },
  { stage: STAGE.hubRecorded, at: at(12), state: 'succeeded' },
];

describe('the trace in the row of a command', () => {
  it('is the same when it is read', () => {
    for (let length = 0; length <= steps.length; length += 1) {
      const some = steps.slice(0, length);
      expect(traceFromColumn(traceToColumn(some))).toEqual(some);
    }
  });

  it('takes less than half of its size on the wire', () => {
    expect(traceToColumn(steps).length).toBeLessThan(JSON.stringify(steps).length / 2);
  });

  it('is read as an earlier version kept it', () => {
    const earlier = steps.map(({ stage, ...step }) => ({ hop: stageNumber(stage), ...step }));
    expect(traceFromColumn(JSON.stringify(earlier))).toEqual(steps);
  });

  it.each(['', '{}', '[1]', '[["3",1]]', '[[3,0,"no such state"]]', '[[99,0]]', '[{"hop":3}]'])(
    'is empty where it cannot be read: %s',
    (text) => {
      expect(traceFromColumn(text)).toEqual([]);
    },
  );
});
