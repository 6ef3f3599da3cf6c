import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '../../test/harness/property-runs.ts';
import {
  COMMAND_STATES,
  COMMAND_TRANSITIONS,
  CommandOutcome,
  type CommandState,
  isFinal,
  mayBecome,
} from './command-state.ts';

const state = fc.constantFrom(...COMMAND_STATES);
/** The words of somebody who was there; `unknown` says that nobody was. */
const PROOFS = ['succeeded', 'failed', 'rejected'] as const;
/** What the base says on the way, in the order of the way. */
const ON_THE_WAY = ['dispatched', 'received', 'running'] as const;
/** How far along the command path a state is; all ends are at its end, and so is the guess of one. */
function placeOf(one: CommandState): number {
  const place = ['queued', ...ON_THE_WAY].indexOf(one);
  return place === -1 ? ON_THE_WAY.length + 1 : place;
}

/** Every state that a command goes through when these are reported, one after the other. */
function walk(from: CommandState, reports: readonly CommandState[]): CommandState[] {
  const states = [from];
  for (const report of reports) {
    const now = states.at(-1) ?? from;
    if (mayBecome(now, report)) states.push(report);
  }
  return states;
}

const endOf = (from: CommandState, reports: readonly CommandState[]): CommandState =>
  walk(from, reports).at(-1) ?? from;

/** All orders of a list, by picking what comes next. */
const anyOrder = <T>(list: readonly T[]) =>
  fc.shuffledSubarray([...list], { minLength: list.length });

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

  it('never goes back to waiting once the outcome is unknown', () => {
    for (const to of ['queued', 'dispatched', 'received', 'running'] as const) {
      expect(mayBecome('unknown', to)).toBe(false);
    }
  });

  it('never leads from a state to itself: what is said twice changes nothing', () => {
    for (const same of COMMAND_STATES) expect(mayBecome(same, same)).toBe(false);
  });

  it('leads on, never back, except that what turns out not to be sent waits again', () => {
    for (const from of COMMAND_STATES) {
      for (const to of COMMAND_TRANSITIONS[from]) {
        if (from === 'dispatched' && to === 'queued') continue;
        const isCorrected = from === 'timed_out' || from === 'unknown';
        const least = isCorrected ? placeOf(from) : placeOf(from) + 1;
        expect(placeOf(to), `${from} to ${to}`).toBeGreaterThanOrEqual(least);
      }
    }
  });

  it('leads from every state that is not an end to every end that a base may report', () => {
    for (const from of COMMAND_STATES) {
      if (isFinal(from)) continue;
      expect(COMMAND_TRANSITIONS[from]).toEqual(expect.arrayContaining(CommandOutcome.options));
    }
  });
});

describe('whatever is reported, in whatever order', () => {
  const reports = fc.array(state, { maxLength: 40 });

  it('a proven end stays, and unknown gives way to a proof only', () => {
    fc.assert(
      fc.property(state, reports, (from, reported) => {
        const states = walk(from, reported);
        for (const [index, now] of states.slice(0, -1).entries()) {
          if (!isFinal(now)) continue;
          expect(now).toBe('unknown');
          expect(PROOFS).toContain(states[index + 1]);
        }
      }),
      propertyRuns(500),
    );
  });

  it('no state is entered twice, except that a command which was not sent may wait again', () => {
    fc.assert(
      fc.property(reports, (reported) => {
        const states = walk('queued', reported).filter(
          (each) => each !== 'queued' && each !== 'dispatched',
        );
        expect(new Set(states).size).toBe(states.length);
      }),
      propertyRuns(500),
    );
  });

  it('the one result of a base stands, however the reports before it are lost or reordered', () => {
    const lossy = fc
      .tuple(
        fc.constantFrom(...CommandOutcome.options),
        fc.subarray<CommandState>([...ON_THE_WAY, 'timed_out']),
      )
      .chain(([result, heard]) =>
        fc.tuple(fc.constant(result), anyOrder([...heard, result, result])),
      );
    fc.assert(
      fc.property(lossy, ([result, reported]) => {
        expect(endOf('queued', reported)).toBe(result);
      }),
      propertyRuns(500),
    );
  });

  it('a known outcome stands, whether it comes before or after unknown', () => {
    const both = fc
      .tuple(fc.constantFrom(...PROOFS), fc.subarray<CommandState>([...ON_THE_WAY, 'timed_out']))
      .chain(([proof, heard]) =>
        fc.tuple(fc.constant(proof), anyOrder<CommandState>([...heard, 'unknown', proof, proof])),
      );
    fc.assert(
      fc.property(both, ([proof, reported]) => {
        expect(endOf('queued', reported)).toBe(proof);
      }),
      propertyRuns(500),
    );
  });

  it('the guess of the hub is never the last word over a report', () => {
    fc.assert(
      fc.property(reports, fc.constantFrom(...CommandOutcome.options), (reported, result) => {
        const before = endOf('queued', reported);
        const after = endOf(before, [result]);
        expect(after).not.toBe('timed_out');
        if (!isFinal(before)) expect(after).toBe(result);
      }),
      propertyRuns(500),
    );
  });
});
