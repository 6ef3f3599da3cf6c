import { describe, expect, it } from 'vitest';
import type { Command, TraceStep } from '#protocol/command/command.ts';
import { BaseId, CommandId, newId, SiteId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { withNews } from './command-record.ts';
import { routeOf } from './command-route.ts';

const START_MS = 1_700_000_000_000;

function command(state: Command['state']): Command {
  return {
    id: commandId,
    siteId,
    baseId,
    unitId,
    verb: 'set',
    operation: 'writeproperty',
    affordance: 'on',
    input: true,
    seq: 1,
    state,
    issuedBy: 'Ada',
    createdAt: toInstant(START_MS),
    expiresAt: null,
    endedAt: null,
  };
}
const [commandId, siteId, baseId, unitId] = [
  newId(CommandId),
  newId(SiteId),
  newId(BaseId),
  newId(UnitId),
];

const step = (hop: number, afterMs: number, more: Partial<TraceStep> = {}): TraceStep => ({
  hop,
  at: toInstant(START_MS + afterMs),
  ...more,
});

describe('the route of a command', () => {
  it('has a stage for each step, with the time since the one before', () => {
    const steps = [step(2, 0), step(3, 2), step(4, 5)];
    const { stages } = routeOf({ command: command('dispatched'), steps });
    expect(stages.map(({ hop, deltaMs }) => [hop, deltaMs])).toEqual([
      [2, undefined],
      [3, 2],
      [4, 3],
    ]);
  });

  it('says what it waits for while it has not ended', () => {
    const steps = [step(2, 0), step(3, 2)];
    expect(routeOf({ command: command('queued'), steps }).awaiting).toEqual({
      hop: 4,
      name: 'Waiting for the base to come online',
    });
    expect(routeOf({ command: command('succeeded'), steps }).awaiting).toBeUndefined();
  });

  it('tells how long each program had it', () => {
    const steps = [
      step(1, 0),
      step(2, 3),
      step(4, 5),
      step(5, 9),
      step(8, 20),
      step(11, 60),
      step(14, 70),
    ];
    const { segments, totalMs } = routeOf({ command: command('succeeded'), steps });
    expect(totalMs).toBe(70);
    expect(segments).toEqual([
      { segment: 'page', ms: 3 },
      { segment: 'hub', ms: 6 },
      { segment: 'base', ms: 11 },
      { segment: 'unit', ms: 40 },
      { segment: 'back', ms: 10 },
    ]);
  });

  it('says which times cannot be taken at their word', () => {
    const steps = [step(4, 50), step(5, 20), step(6, 30, { uncorrected: true }), step(7, 40)];
    const { stages } = routeOf({ command: command('running'), steps });
    expect(stages.map(({ outcomeUnknown }) => outcomeUnknown)).toEqual([
      undefined,
      expect.stringMatching(/off by 30 ms or more/),
      expect.stringMatching(/clock of the base alone/),
      undefined,
    ]);
  });

  it('keeps the reason at the stage where it failed', () => {
    const steps = [step(7, 0), step(8, 4, { code: 'unit_unreachable', note: 'ECONNREFUSED' })];
    const { stages } = routeOf({ command: command('failed'), steps });
    expect(stages[1]).toMatchObject({ code: 'unit_unreachable', note: 'ECONNREFUSED' });
  });
});

describe('news of a command', () => {
  const made = { command: command('queued'), steps: [step(1, 0, { state: 'queued' })] };

  it('keep the step that only this page knows', () => {
    const record = withNews(made, command('dispatched'), [step(2, 5), step(3, 6)], START_MS + 9);
    expect(record.steps.map(({ hop }) => hop)).toEqual([1, 2, 3]);
  });

  it('add the moment in which this page saw the end, once', () => {
    const ended = withNews(made, command('succeeded'), [step(14, 30)], START_MS + 40);
    const repeated = withNews(ended, command('succeeded'), [step(14, 30)], START_MS + 90);
    expect(repeated.steps.map(({ hop }) => hop)).toEqual([1, 14, 15]);
    expect(repeated.steps.at(-1)?.at).toBe(toInstant(START_MS + 40));
  });

  it('keep the order of the way, whatever the clocks say', () => {
    const reported = [
      step(4, 60),
      step(0, 300, { state: 'timed_out' }),
      step(5, 20),
      step(14, 400),
    ];
    const record = withNews(made, command('succeeded'), reported, START_MS + 500);
    expect(record.steps.map(({ hop }) => hop)).toEqual([1, 4, 5, 0, 14, 15]);
  });

  it('do not claim that this page saw a command that others made', () => {
    const record = withNews(undefined, command('succeeded'), [step(14, 30)], START_MS + 40);
    expect(
      withNews(record, command('succeeded'), [step(14, 30)], START_MS + 50).steps,
    ).toHaveLength(1);
  });

  it('never turn a command back: an answer may be overtaken by a delta', () => {
    const ended = withNews(made, command('succeeded'), [step(3, 6), step(14, 30)], START_MS + 40);
    const late = withNews(ended, command('queued'), [], START_MS + 41);
    expect(late.command.state).toBe('succeeded');
    expect(late.steps.map(({ hop }) => hop)).toEqual([1, 3, 14, 15]);
  });
});
