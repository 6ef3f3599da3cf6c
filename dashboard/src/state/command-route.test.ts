import { describe, expect, it } from 'vitest';
import { type CommandStage, STAGE } from '#protocol/command/command-stage.ts';
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

const step = (stage: CommandStage, afterMs: number, more: Partial<TraceStep> = {}): TraceStep => ({
  stage,
  at: toInstant(START_MS + afterMs),
  ...more,
});

describe('the route of a command', () => {
  it('has a stage for each step, with the time since the one before', () => {
    const steps = [step(STAGE.hubReceived, 0), step(STAGE.hubStored, 2), step(STAGE.hubSent, 5)];
    const { stages } = routeOf({ command: command('dispatched'), steps });
    expect(stages.map(({ stage, deltaMs }) => [stage, deltaMs])).toEqual([
      [STAGE.hubReceived, undefined],
      [STAGE.hubStored, 2],
      [STAGE.hubSent, 3],
    ]);
  });

  it('says what it waits for while it has not ended', () => {
    const steps = [step(STAGE.hubReceived, 0), step(STAGE.hubStored, 2)];
    expect(routeOf({ command: command('queued'), steps }).awaiting).toBe(
      'Waiting for the base to come online',
    );
    expect(routeOf({ command: command('succeeded'), steps }).awaiting).toBeUndefined();
  });

  it('shows how long each program had it', () => {
    const steps = [
      step(STAGE.dashboardRequested, 0),
      step(STAGE.hubReceived, 3),
      step(STAGE.hubSent, 5),
      step(STAGE.baseJournalled, 9),
      step(STAGE.baseWritten, 20),
      step(STAGE.baseMatched, 60),
      step(STAGE.hubRecorded, 70),
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

  it('marks times that are not certain', () => {
    const steps = [
      step(STAGE.hubSent, 50),
      step(STAGE.baseJournalled, 20),
      step(STAGE.baseRouted, 30, { uncorrected: true }),
      step(STAGE.baseDequeued, 40),
    ];
    const { stages } = routeOf({ command: command('running'), steps });
    expect(stages.map(({ outcomeUnknown }) => outcomeUnknown)).toEqual([
      undefined,
      expect.stringMatching(/off by 30 ms or more/),
      expect.stringMatching(/own clock/),
      undefined,
    ]);
  });

  it('keeps the reason at the stage where it failed', () => {
    const steps = [
      step(STAGE.baseDequeued, 0),
      step(STAGE.baseWritten, 4, { code: 'unit_unreachable', note: 'ECONNREFUSED' }),
    ];
    const { stages } = routeOf({ command: command('failed'), steps });
    expect(stages[1]).toMatchObject({ code: 'unit_unreachable', note: 'ECONNREFUSED' });
  });
});

describe('news of a command', () => {
  const made = {
    command: command('queued'),
    steps: [step(STAGE.dashboardRequested, 0, { state: 'queued' })],
  };

  it('keep the step that only this page knows', () => {
    const record = withNews(
      made,
      {
        command: command('dispatched'),
        steps: [step(STAGE.hubReceived, 5), step(STAGE.hubStored, 6)],
      },
      START_MS + 9,
    );
    expect(record.steps.map(({ stage }) => stage)).toEqual([
      STAGE.dashboardRequested,
      STAGE.hubReceived,
      STAGE.hubStored,
    ]);
  });

  it('add the moment in which this page saw the end, once', () => {
    const ended = withNews(
      made,
      { command: command('succeeded'), steps: [step(STAGE.hubRecorded, 30)] },
      START_MS + 40,
    );
    const repeated = withNews(
      ended,
      { command: command('succeeded'), steps: [step(STAGE.hubRecorded, 30)] },
      START_MS + 90,
    );
    expect(repeated.steps.map(({ stage }) => stage)).toEqual([
      STAGE.dashboardRequested,
      STAGE.hubRecorded,
      STAGE.dashboardShown,
    ]);
    expect(repeated.steps.at(-1)?.at).toBe(toInstant(START_MS + 40));
  });

  it('keep the order of the way, whatever the clocks say', () => {
    const reported = [
      step(STAGE.hubSent, 60),
      step(STAGE.outOfBand, 300, { state: 'timed_out' }),
      step(STAGE.baseJournalled, 20),
      step(STAGE.hubRecorded, 400),
    ];
    const record = withNews(
      made,
      { command: command('succeeded'), steps: reported },
      START_MS + 500,
    );
    expect(record.steps.map(({ stage }) => stage)).toEqual([
      STAGE.dashboardRequested,
      STAGE.hubSent,
      STAGE.baseJournalled,
      STAGE.outOfBand,
      STAGE.hubRecorded,
      STAGE.dashboardShown,
    ]);
  });

  it('do not claim that this page saw a command that others made', () => {
    const record = withNews(
      undefined,
      { command: command('succeeded'), steps: [step(STAGE.hubRecorded, 30)] },
      START_MS + 40,
    );
    expect(
      withNews(
        record,
        { command: command('succeeded'), steps: [step(STAGE.hubRecorded, 30)] },
        START_MS + 50,
      ).steps,
    ).toHaveLength(1);
  });

  it('never turn a command back: an answer may be overtaken by a delta', () => {
    const ended = withNews(
      made,
      {
        command: command('succeeded'),
        steps: [step(STAGE.hubStored, 6), step(STAGE.hubRecorded, 30)],
      },
      START_MS + 40,
    );
    const late = withNews(ended, { command: command('queued'), steps: [] }, START_MS + 41);
    expect(late.command.state).toBe('succeeded');
    expect(late.steps.map(({ stage }) => stage)).toEqual([
      STAGE.dashboardRequested,
      STAGE.hubStored,
      STAGE.hubRecorded,
      STAGE.dashboardShown,
    ]);
  });
});
