import { z } from 'zod';
import { AffordanceName, Command, Operation, TraceStep, Verb } from '../command/command.ts';
import { CommandId } from '../ids.ts';
import { Json } from '../json.ts';
import { LIMITS } from '../limits.ts';

/**
 * POST /api/units/:unitId/commands -> 202 Command, or 200 with the ended
 * command when `Prefer: wait=<seconds>` was sent and it ended in time.
 * The same `id` (or `Idempotency-Key`) with the same body answers with the
 * command that there is; with another body: 409 idempotency_conflict.
 */
export const CommandRequest = z.strictObject({
  /** Made by the client, so that a retry is recognised; made by the hub when absent. */
  id: CommandId.optional(),
  verb: Verb,
  affordance: AffordanceName,
  /** Default: writeproperty where `input` is given, else readproperty; invokeaction for actions. */
  operation: Operation.optional(),
  input: Json.optional(),
  /** Duration of the transition, for properties that fade. */
  transitionMs: z.int().min(0).max(60_000).optional(),
  /** Default: 10 s for invoke, none for set, 1 h for enqueue. */
  ttlMs: z.int().min(LIMITS.minTtlMs).max(LIMITS.maxTtlMs).optional(),
});
export type CommandRequest = z.infer<typeof CommandRequest>;

/** POST /api/commands/:commandId/cancel -> Command */

/** GET /api/commands/:commandId/trace */
export const CommandTrace = z.object({ command: Command, steps: z.array(TraceStep) });
export type CommandTrace = z.infer<typeof CommandTrace>;

/** GET /api/units/:unitId/commands?limit=&before= : newest first */
export const CommandListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: CommandId.optional(),
});
export type CommandListQuery = z.input<typeof CommandListQuery>;
export const CommandList = z.object({ commands: z.array(Command) });
export type CommandList = z.infer<typeof CommandList>;
