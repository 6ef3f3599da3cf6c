import type { TraceStep } from '#protocol/command/command.ts';
import { toInstant } from '#protocol/json.ts';
import { type CommandRow, traceOf } from '../../store/commands.ts';

const NOTE = 'cancel asked';

/** The step that says that somebody wants a command back which the base may hold. */
export function cancelAsked(atMs: number): TraceStep {
  return { hop: 0, at: toInstant(atMs), note: NOTE };
}

/** Whether it is wanted back: asked once is enough. */
export function isCancelAsked(row: CommandRow): boolean {
  return traceOf(row).some(({ hop, note }) => hop === 0 && note === NOTE);
}
