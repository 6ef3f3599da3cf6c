import { isFinal } from '#protocol/command/command-state.ts';
import type { TraceStep } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { fromInstant } from '#protocol/json.ts';
import { spanText } from '../format/time-text.ts';
import type { CommandRecord } from './command-record.ts';

/** The programs a command passes through. */
export type Segment = 'page' | 'hub' | 'base' | 'unit' | 'back';

export const SEGMENT_NAMES: Readonly<Record<Segment, string>> = {
  page: 'This page',
  hub: 'Hub',
  base: 'Base',
  unit: 'Unit',
  back: 'Reply',
};

interface StageText {
  readonly segment: Segment;
  /** Said of a hop that was passed. */
  readonly passed: string;
}

/** The command path, hop by hop (ARCHITECTURE.md). 0 stands beside the way. */
const STAGES: Readonly<Record<number, StageText>> = {
  0: { segment: 'hub', passed: 'Ended by the hub' },
  1: { segment: 'page', passed: 'Created on this page and sent' },
  2: { segment: 'hub', passed: 'Arrived at the hub and checked' },
  3: { segment: 'hub', passed: 'Stored by the hub' },
  4: { segment: 'hub', passed: 'Sent to the base' },
  5: { segment: 'base', passed: 'In the journal of the base' },
  6: { segment: 'base', passed: 'Routed to the unit' },
  7: { segment: 'base', passed: 'Dequeued for the unit' },
  8: { segment: 'unit', passed: 'Written to the unit' },
  9: { segment: 'unit', passed: 'Executed by the unit' },
  10: { segment: 'unit', passed: 'Answered by the unit' },
  11: { segment: 'back', passed: 'Answer matched by the base' },
  12: { segment: 'back', passed: 'Result on its way to the hub' },
  13: { segment: 'back', passed: 'Result verified by the hub' },
  14: { segment: 'back', passed: 'Result stored and published' },
  15: { segment: 'back', passed: 'Shown on this page' },
};

/** The last hop of the command path. */
const LAST_STAGE = 15;

export interface Stage {
  readonly hop: number;
  readonly name: string;
  readonly segment: Segment;
  readonly atMs: number;
  /** Since the stage before. */
  readonly deltaMs: number | undefined;
  readonly code: ErrorCode | undefined;
  readonly note: string | undefined;
  /** Why its time cannot be taken at its word. */
  readonly outcomeUnknown: string | undefined;
}

export interface CommandRoute {
  readonly stages: readonly Stage[];
  /** What the command waits for now; undefined when it has ended. */
  readonly awaiting: { readonly hop: number; readonly name: string } | undefined;
  readonly totalMs: number;
  /** How long it was with each program. */
  readonly segments: readonly { readonly segment: Segment; readonly ms: number }[];
}

const AWAITING: Readonly<Record<number, string>> = {
  2: 'Waiting for the hub to answer',
  3: 'Waiting for the hub to store it',
  4: 'Waiting for the base to come online',
  5: 'Waiting for the base to confirm it',
  6: 'Waiting for the base to route it',
  7: 'Waiting for the unit’s turn',
  8: 'Waiting for the connection to the unit',
  9: 'Waiting for the unit to answer',
};

/** The way of a command as a line of stages: those it has passed, and the one it waits for. */
export function routeOf({ command, steps }: CommandRecord): CommandRoute {
  const stages = steps.map((step, index) => stageOf(step, steps[index - 1]));
  const first = stages[0];
  const last = stages.at(-1);
  const over = isFinal(command.state);
  const nextStage = Math.min(LAST_STAGE, (last?.hop ?? 1) + 1);
  const totals = new Map<Segment, number>();
  for (const [index, stage] of stages.entries()) {
    const after = stages[index + 1];
    if (!after) break;
    const ms = Math.max(0, after.atMs - stage.atMs);
    totals.set(stage.segment, (totals.get(stage.segment) ?? 0) + ms);
  }
  return {
    stages,
    awaiting: over
      ? undefined
      : { hop: nextStage, name: AWAITING[nextStage] ?? 'Waiting for the result' },
    totalMs: first && last ? Math.max(0, last.atMs - first.atMs) : 0,
    segments: [...totals].map(([segment, ms]) => ({ segment, ms })),
  };
}

function stageOf(step: TraceStep, before: TraceStep | undefined): Stage {
  const text = STAGES[step.hop] ?? { segment: 'hub', passed: `Hop ${step.hop}` };
  const atMs = fromInstant(step.at);
  const deltaMs = before === undefined ? undefined : atMs - fromInstant(before.at);
  return {
    hop: step.hop,
    name: text.passed,
    segment: text.segment,
    atMs,
    deltaMs,
    code: step.code,
    note: step.note,
    outcomeUnknown: outcomeUnknownOf(step, deltaMs),
  };
}

function outcomeUnknownOf(step: TraceStep, deltaMs: number | undefined): string | undefined {
  if (step.uncorrected) {
    return 'By the clock of the base alone: it had not been compared with the hub’s.';
  }
  if (deltaMs === undefined || deltaMs >= 0) return undefined;
  return `It came after the previous stage, so one of the two clocks is off by ${spanText(-deltaMs)} or more.`;
}
