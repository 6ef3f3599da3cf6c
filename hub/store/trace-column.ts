import { z } from 'zod';
import { stageNumber, stageOfNumber, withNamedStage } from '#protocol/command/command-stage.ts';
import { CommandState } from '#protocol/command/command-state.ts';
import { TraceStep } from '#protocol/command/command.ts';
import { ErrorCodeSchema } from '#protocol/errors.ts';
import { fromInstant, toInstant } from '#protocol/json.ts';

/**
 * A step as it is stored: number of the stage, milliseconds since the previous step, state,
 * code, note, whether the time is uncorrected.
 */
type PackedStep = [
  stage: number,
  sinceMs: number,
  state?: string | 0,
  code?: string | 0,
  note?: string | 0,
  uncorrected?: 1,
];

const StageNumber = z.int().transform((number, context) => {
  const stage = stageOfNumber(number);
  if (stage === undefined) context.addIssue('no such stage');
  return stage ?? z.NEVER;
});

/** The first step counts from 1970. */
const PackedTrace = z.array(
  z.tuple([StageNumber, z.int()], z.union([z.string(), z.literal(0), z.literal(1)])),
);
const EarlierTrace = z.array(z.preprocess(withNamedStage, TraceStep));

/**
 * A third of their size on the wire: so a command's row fits on one page of its table, and is
 * written and read in a third of the time.
 */
export function traceToColumn(steps: readonly TraceStep[]): string {
  let beforeMs = 0;
  const packed = steps.map((step): PackedStep => {
    const atMs = fromInstant(step.at);
    const sinceMs = atMs - beforeMs;
    beforeMs = atMs;
    const { state, code, note, uncorrected } = step;
    const stage = stageNumber(step.stage);
    if (uncorrected) return [stage, sinceMs, state ?? 0, code ?? 0, note ?? 0, 1];
    if (note !== undefined) return [stage, sinceMs, state ?? 0, code ?? 0, note];
    if (code !== undefined) return [stage, sinceMs, state ?? 0, code];
    return state === undefined ? [stage, sinceMs] : [stage, sinceMs, state];
  });
  return JSON.stringify(packed);
}

/** The steps; none if they cannot be read. */
export function traceFromColumn(text: string): TraceStep[] {
  try {
    const kept: unknown = JSON.parse(text);
    const packed = PackedTrace.safeParse(kept);
    // The earlier format: the steps as on the wire.
    return packed.success ? unpacked(packed.data) : EarlierTrace.parse(kept);
  } catch {
    return [];
  }
}

function unpacked(packed: z.infer<typeof PackedTrace>): TraceStep[] {
  let atMs = 0;
  return packed.map(([stage, sinceMs, state, code, note, uncorrected]) => {
    atMs += sinceMs;
    return {
      stage,
      at: toInstant(atMs),
      ...(isGiven(state) ? { state: CommandState.parse(state) } : {}),
      ...(isGiven(code) ? { code: ErrorCodeSchema.parse(code) } : {}),
      ...(isGiven(note) ? { note: String(note) } : {}),
      ...(isGiven(uncorrected) ? { uncorrected: true as const } : {}),
    };
  });
}

function isGiven(field: string | 0 | 1 | undefined): boolean {
  return field !== undefined && field !== 0;
}
