import { type CommandStage, STAGE, stageNumber } from '#protocol/command/command-stage.ts';
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
  /** The text for a stage that was passed. */
  readonly passed: string;
}

/** The command path (ARCHITECTURE.md) in the words of the screen. */
const STAGES: Readonly<Record<CommandStage, StageText>> = {
  out_of_band: { segment: 'hub', passed: 'Ended by the hub' },
  dashboard_requested: { segment: 'page', passed: 'Created on this page and sent' },
  hub_received: { segment: 'hub', passed: 'Received by the hub and checked' },
  hub_stored: { segment: 'hub', passed: 'Stored by the hub' },
  hub_sent: { segment: 'hub', passed: 'Sent to the base' },
  base_journalled: { segment: 'base', passed: 'In the journal of the base' },
  base_routed: { segment: 'base', passed: 'Routed to the unit' },
  base_dequeued: { segment: 'base', passed: 'Dequeued for the unit' },
  base_written: { segment: 'unit', passed: 'Written to the unit' },
  unit_received: { segment: 'unit', passed: 'Received by the unit' },
  unit_replied: { segment: 'unit', passed: 'Answered by the unit' },
  base_matched: { segment: 'back', passed: 'Answer matched by the base' },
  base_recorded: { segment: 'back', passed: 'Result on its way to the hub' },
  hub_verified: { segment: 'back', passed: 'Result verified by the hub' },
  hub_recorded: { segment: 'back', passed: 'Result stored and published' },
  dashboard_shown: { segment: 'back', passed: 'Shown on this page' },
  broker_written: { segment: 'unit', passed: 'Written to the device’s connection' },
  broker_acknowledged: { segment: 'unit', passed: 'Acknowledged by the device' },
};

export interface Stage {
  readonly stage: CommandStage;
  /** As documents count the stages. */
  readonly number: number;
  readonly name: string;
  readonly segment: Segment;
  readonly atMs: number;
  /** Since the stage before. */
  readonly deltaMs: number | undefined;
  readonly code: ErrorCode | undefined;
  readonly note: string | undefined;
  /** Why its time is not certain. */
  readonly outcomeUnknown: string | undefined;
}

export interface CommandRoute {
  readonly stages: readonly Stage[];
  /** What the command waits for now; undefined when it has ended. */
  readonly awaiting: string | undefined;
  readonly totalMs: number;
  /** How long it was with each program. */
  readonly segments: readonly { readonly segment: Segment; readonly ms: number }[];
}

/** What a command waits for once it has passed a stage. */
const AWAITING: Partial<Readonly<Record<CommandStage, string>>> = {
  dashboard_requested: 'Waiting for the hub to answer',
  hub_received: 'Waiting for the hub to store it',
  hub_stored: 'Waiting for the base to come online',
  hub_sent: 'Waiting for the base to confirm it',
  base_journalled: 'Waiting for the base to route it',
  base_routed: 'Waiting for the unit’s turn',
  base_dequeued: 'Waiting for the connection to the unit',
  base_written: 'Waiting for the unit to answer',
  broker_written: 'Waiting for the device to acknowledge it',
  broker_acknowledged: 'Waiting for the device to answer',
};

/** Where it differs for a unit without a base. */
const OF_DEVICE: Partial<Readonly<Record<CommandStage, StageText>>> = {
  hub_sent: { segment: 'hub', passed: 'Given to the device’s connection' },
};
const AWAITING_OF_DEVICE: typeof AWAITING = {
  ...AWAITING,
  hub_stored: 'Waiting for the device to connect',
  hub_sent: 'Waiting for the device’s connection to accept it',
};

/** The path of a command: the stages it has passed, and the one it waits for. */
export function routeOf({ command, steps }: CommandRecord): CommandRoute {
  const isDevice = command.baseId === null;
  const stages = steps.map((step, index) =>
    stageOf(
      step,
      steps[index - 1],
      isDevice ? (OF_DEVICE[step.stage] ?? STAGES[step.stage]) : STAGES[step.stage],
    ),
  );
  const awaiting = isDevice ? AWAITING_OF_DEVICE : AWAITING;
  const first = stages[0];
  const last = stages.at(-1);
  const over = isFinal(command.state);
  const passed = last?.stage ?? STAGE.dashboardRequested;
  const totals = new Map<Segment, number>();
  for (const [index, stage] of stages.entries()) {
    const after = stages[index + 1];
    if (!after) break;
    const ms = Math.max(0, after.atMs - stage.atMs);
    totals.set(stage.segment, (totals.get(stage.segment) ?? 0) + ms);
  }
  return {
    stages,
    awaiting: over ? undefined : (awaiting[passed] ?? 'Waiting for the result'),
    totalMs: first && last ? Math.max(0, last.atMs - first.atMs) : 0,
    segments: [...totals].map(([segment, ms]) => ({ segment, ms })),
  };
}

function stageOf(step: TraceStep, before: TraceStep | undefined, text: StageText): Stage {
  const atMs = fromInstant(step.at);
  const deltaMs = before === undefined ? undefined : atMs - fromInstant(before.at);
  return {
    stage: step.stage,
    number: stageNumber(step.stage),
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
    return 'By the base’s own clock, which had not been compared with the hub’s.';
  }
  if (deltaMs === undefined || deltaMs >= 0) return undefined;
  return `It came after the previous stage, so one of the two clocks is off by ${spanText(-deltaMs)} or more.`;
}
