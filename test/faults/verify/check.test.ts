import { describe, expect, it } from 'vitest';
import { CommandId, newId, UnitId } from '#protocol/ids.ts';
import type { LedgerEntry } from '../load/ledger.ts';
import { executionsOf } from './executions.ts';
import { checkCommands } from './check-commands.ts';
import { type DeclaredGap, checkReadings } from './check-readings.ts';

type State =
  Parameters<typeof checkCommands>[0]['commands'] extends ReadonlyMap<string, infer R>
    ? R extends { state: infer S }
      ? S
      : never
    : never;

/** One command: what the client received, what the hub reports, and the log of the unit. */
function checkOne(options: {
  readonly answer?: LedgerEntry['answer'];
  readonly execution?: LedgerEntry['execution'];
  readonly state?: State;
  readonly log?: string;
  readonly journal?: string;
}) {
  const { answer = 'accepted', execution = 'uart', state, log = '', journal } = options;
  const token = execution === 'uart' ? '0a' : '#00000a';
  const id = newId(CommandId);
  const unitId = newId(UnitId);
  const { counts, violations } = checkCommands({
    entries: [{ id, unitId, verb: 'invoke', execution, token, answer }],
    commands: new Map(state === undefined ? [] : [[id, { id, state, code: null, seq: 1 }]]),
    journal: new Map(journal === undefined ? [] : [[id, journal]]),
    executions: new Map([[unitId, executionsOf(log)]]),
  });
  return { counts, found: violations.join() };
}

describe('the judgement of commands', () => {
  it('is content with what succeeded and was done once', () => {
    const { counts, found } = checkOne({ state: 'succeeded', log: 'uart data=0a\n' });
    expect(found).toBe('');
    expect(counts).toMatchObject({ accepted: 1, done: 1, lost: 0, lies: 0 });
  });

  it.each([
    ['a success that is none', { state: 'succeeded' }, 'has not done it'],
    ['an expiry that is none', { state: 'expired', log: 'uart data=0a' }, 'has done it'],
    ['a failure that is none', { state: 'failed', log: 'uart data=0a' }, 'has done it'],
    ['a loss at the hub', {}, 'the hub does not know it'],
    ['a command that never ends', { state: 'running' }, 'stayed running'],
    ['a result that the hub never got', { state: 'timed_out', journal: 'failed' }, 'is failed'],
    [
      'an execution that nobody accepted',
      { answer: 'unanswered', log: 'uart data=0a' },
      'not known',
    ],
    ['a refusal that was done', { answer: 'refused', log: 'uart data=0a' }, 'was refused'],
    [
      'a UART write done twice',
      { state: 'unknown', log: 'uart data=0a\nuart data=0a' },
      'was done 2 times',
    ],
  ] as const)('finds %s', (_name, options, sentence) => {
    expect(checkOne(options).found).toContain(sentence);
  });

  it('lets a lamp repeat a colour: that is harmless', () => {
    const log = 'lamp color=#00000a b\nlistening\nlamp color=#00000a b';
    const { counts, found } = checkOne({ execution: 'colour', state: 'succeeded', log });
    expect(found).toBe('');
    expect(counts).toMatchObject({ done: 1, repeated: 1, doneTwice: 0 });
  });

  it.each([
    ['repeated together with what came after it', ['01', '02', '01', '02'], 0],
    ['repeated over what came after it', ['01', '02', '01'], 1],
    ['done after what came after it', ['02', '01'], 1],
  ])('counts a colour that was %s', (_name, seen, outOfOrder) => {
    const unitId = newId(UnitId);
    const entries = ['01', '02'].map((digits): LedgerEntry => {
      const token = `#0000${digits}`;
      return {
        id: newId(CommandId),
        unitId,
        verb: 'enqueue',
        execution: 'colour',
        token,
        answer: 'accepted',
      };
    });
    const { counts } = checkCommands({
      entries,
      commands: new Map(
        entries.map(({ id }, index) => [
          id,
          { id, state: 'succeeded', code: null, seq: index + 1 },
        ]),
      ),
      journal: new Map(),
      executions: new Map([
        [unitId, executionsOf(seen.map((one) => `lamp color=#0000${one} x`).join('\n'))],
      ]),
    });
    expect(counts.outOfOrder).toBe(outOfOrder);
  });

  it('accepts unknown, executed or not', () => {
    expect(checkOne({ state: 'unknown' }).counts.unknown).toBe(1);
    expect(checkOne({ state: 'unknown', log: 'uart data=0a' }).found).toBe('');
  });
});

describe('the judgement of readings', () => {
  const UNIT = newId(UnitId);
  /** Sent one second after another, from 100 s on. */
  const check = (sent: string[], stored: string[], gaps: DeclaredGap[] = [], clockSetMs?: number) =>
    checkReadings({
      clockSetMs,
      sent: new Map(
        sent.map((key, index) => [key, { unitId: UNIT, measuredAtMs: 100_000 + index * 1_000 }]),
      ),
      stored: { rows: stored.length, keys: new Set(stored) },
      gaps,
    });
  const GAP = { unitId: UNIT, fromMs: 101_000, toMs: 101_000, count: 1 };

  it('is content when all that was sent is stored once', () => {
    expect(check(['a', 'b'], ['a', 'b']).violations).toEqual([]);
  });

  it('finds what is lost, stored twice, or made up', () => {
    expect(check(['a', 'b'], ['a']).violations.join()).toContain('1 readings are lost: b');
    expect(check(['a'], ['a', 'a']).violations.join()).toContain('stored twice');
    expect(check(['a'], ['a', 'c']).violations.join()).toContain('nobody sent: c');
  });

  it('does not count declared gaps as loss', () => {
    const { counts, violations } = check(['a', 'b'], ['a'], [GAP]);
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ inDeclaredGaps: 1, lost: 0 });
  });

  it('believes of a gap that a clock stamped which was not set its unit and count only', () => {
    const early = { ...GAP, fromMs: 7, toMs: 9 };
    expect(check(['a', 'b'], ['a'], [early]).counts.lost).toBe(1);
    expect(check(['a', 'b'], ['a'], [early], 10).counts.lost).toBe(0);
    expect(check(['a', 'b', 'c'], ['a'], [early], 10).counts.lost).toBe(1);
    expect(check(['a', 'b'], ['a'], [{ ...early, unitId: newId(UnitId) }], 10).counts.lost).toBe(1);
    expect(check(['a', 'b'], ['a'], [early], 9).counts.lost).toBe(1);
  });

  it.each([
    ['more than the gap counts', ['a', 'b', 'c'], GAP],
    ['at another time', ['a', 'b'], { ...GAP, fromMs: 110_000, toMs: 120_000 }],
    ['of another unit', ['a', 'b'], { ...GAP, unitId: newId(UnitId) }],
  ])('does not accept it for what is missing %s', (_name, sent, gap) => {
    expect(check(sent, ['a'], [gap]).counts.lost).toBe(1);
  });
});
