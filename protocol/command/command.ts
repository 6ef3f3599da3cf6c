import { z } from 'zod';
import { ErrorCodeSchema } from '../errors.ts';
import { BaseId, CommandId, SiteId, UnitId } from '../ids.ts';
import { Instant, Json } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { CommandStage } from './command-stage.ts';
import { CommandState } from './command-state.ts';

/**
 * The three verbs (docs/flows/command.md): `invoke` = now or fail,
 * `set` = desired value of a property, `enqueue` = durable with a time to live.
 */
export const Verb = z.enum(['invoke', 'set', 'enqueue']);
export type Verb = z.infer<typeof Verb>;

/** The operation on the affordance, as in W3C Web of Things. */
export const Operation = z.enum(['readproperty', 'writeproperty', 'invokeaction']);
export type Operation = z.infer<typeof Operation>;

export const AffordanceName = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]*$/)
  .max(LIMITS.unitLink.nameChars);

/** One step of a command's trace: where it was, when (hub's clock), and why. */
export const TraceStep = z.object({
  stage: CommandStage,
  at: Instant,
  /** The state entered at this step, where it entered one. */
  state: CommandState.optional(),
  code: ErrorCodeSchema.optional(),
  note: z.string().max(200).optional(),
  /** The base had not measured the hub's clock: `at` is by its own, however wrong that is. */
  uncorrected: z.literal(true).optional(),
});
export type TraceStep = z.infer<typeof TraceStep>;

/** A command as clients see it. */
export const Command = z.object({
  id: CommandId,
  siteId: SiteId,
  /** The base that carries it; null: none does. */
  baseId: BaseId.nullable(),
  unitId: UnitId,
  verb: Verb,
  operation: Operation,
  affordance: AffordanceName,
  input: Json.optional(),
  transitionMs: z.int().min(0).max(60_000).optional(),
  /** Place in the base's log; null while it never was sent. */
  seq: z.int().nullable(),
  state: CommandState,
  /** Why it ended as it did; absent after success. */
  code: ErrorCodeSchema.optional(),
  /** The unit's own answer: the value in force, or the action's outputs. */
  output: Json.optional(),
  /** True when the unit answered that it had carried the command out before. */
  duplicate: z.boolean().optional(),
  issuedBy: z.string(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  endedAt: Instant.nullable(),
});
export type Command = z.infer<typeof Command>;

/** A command as the base receives it: only what is needed to execute it. */
export const IssuedCommand = z.object({
  id: CommandId,
  unitId: UnitId,
  verb: Verb,
  operation: Operation,
  affordance: AffordanceName,
  input: Json.optional(),
  transitionMs: z.int().min(0).max(60_000).optional(),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
});
export type IssuedCommand = z.infer<typeof IssuedCommand>;
