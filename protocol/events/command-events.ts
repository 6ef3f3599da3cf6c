import { z } from 'zod';
import { AffordanceName, Operation, Verb } from '../command/command.ts';
import { CommandState } from '../command/command-state.ts';
import { ErrorCodeSchema } from '../errors.ts';
import { BaseId, CommandId, UnitId } from '../ids.ts';
import { Json } from '../json.ts';
import { Actor } from './actor.ts';

const command = {
  commandId: CommandId,
  unitId: UnitId,
  /** Absent where the unit is gone. */
  unitName: z.string().optional(),
  /** The base that carries it; absent: none does. */
  baseId: BaseId.optional(),
  verb: Verb,
  operation: Operation,
  affordance: AffordanceName,
  input: Json.optional(),
};

/** Stored by the hub. A command that fails at once is followed by its end. */
export const CommandIssued = z.object(command);

/**
 * How it ended. One that ended `unknown` may be followed by another end, which
 * is what really happened.
 */
export const CommandEnded = z.object({
  ...command,
  state: CommandState,
  code: ErrorCodeSchema.optional(),
  /** The unit's own answer. */
  output: Json.optional(),
  issuedBy: Actor,
});
