import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { COMMAND_STATES, COMMAND_TRANSITIONS, isFinal, mayBecome } from './command-state.ts';

const state = fc.constantFrom(...COMMAND_STATES);

describe('the transition table', () => {
  it('lets nothing follow a proven end', () => {
    for (const end of [
      'succeeded',
      'failed',
      'rejected',
      'expired',
      'cancelled',
      'superseded',
    ] as const) {
      expect(COMMAND_TRANSITIONS[end]).toEqual([]);
      expect(isFinal(end)).toBe(true);
    }
  });

  it('lets a late result correct what was only a guess', () => {
    expect(mayBecome('timed_out', 'succeeded')).toBe(true);
    expect(mayBecome('unknown', 'succeeded')).toBe(true);
    expect(isFinal('timed_out')).toBe(false);
  });

  it('never leads back to before the base had it', () => {
    for (const from of ['received', 'running', 'timed_out'] as const) {
      expect(mayBecome(from, 'queued')).toBe(false);
      expect(mayBecome(from, 'dispatched')).toBe(false);
    }
  });

  it('never claims again that something waits once it is in doubt', () => {
    for (const to of ['queued', 'dispatched', 'received', 'running'] as const) {
      expect(mayBecome('unknown', to)).toBe(false);
    }
  });

  it('ends every walk: no walk changes its outcome twice after a proven end', () => {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 40 }), (wishes) => {
        let current: (typeof COMMAND_STATES)[number] = 'queued';
        let proven = 0;
        for (const wish of wishes) {
          if (!mayBecome(current, wish)) continue;
          if (COMMAND_TRANSITIONS[wish].length === 0) proven += 1;
          current = wish;
        }
        expect(proven).toBeLessThanOrEqual(1);
      }),
    );
  });
});
