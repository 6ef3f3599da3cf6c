import { describe, expect, it } from 'vitest';
import type { TraceStep } from '#protocol/command/command.ts';
import { toInstant } from '#protocol/json.ts';
import { traceFromColumn, traceToColumn } from './trace-column.ts';

const at = (ms: number) => toInstant(1_764_489_600_000 + ms);

const steps: TraceStep[] = [
  { hop: 3, at: at(0), state: 'queued' },
  { hop: 4, at: at(0), state: 'dispatched' },
  { hop: 6, at: at(-3_600_000), uncorrected: true },
  { hop: 8, at: at(7), note: 'attempt 2' },
  { hop: 11, at: at(9), code: 'unit_busy' },
  { hop: 12, at: at(10), state: 'received', code: 'unit_busy', note: '', uncorrected: true },
  { hop: 14, at: at(12), state: 'succeeded' },
];

describe('the trace in the row of a command', () => {
  it('is the same when it is read', () => {
    for (let length = 0; length <= steps.length; length += 1) {
      const some = steps.slice(0, length);
      expect(traceFromColumn(traceToColumn(some))).toEqual(some);
    }
  });

  it('takes less than half of what it takes on its way', () => {
    expect(traceToColumn(steps).length).toBeLessThan(JSON.stringify(steps).length / 2);
  });

  it('is read as an earlier version kept it', () => {
    expect(traceFromColumn(JSON.stringify(steps))).toEqual(steps);
  });

  it.each(['', '{}', '[1]', '[["3",1]]', '[[3,0,"no such state"]]', '[[99,0]]', '[{"hop":3}]'])(
    'is empty where it cannot be read: %s',
    (text) => {
      expect(traceFromColumn(text)).toEqual([]);
    },
  );
});
