import { z } from 'zod';
import { ErrorCodeSchema } from '#protocol/errors.ts';
import { BaseId, Epoch, UnitId } from '#protocol/ids.ts';
import { UnitState } from '#protocol/presence.ts';
import { AnyUnitAddress } from '#protocol/unit-address.ts';

/** The status of a base, as reported on this machine. */
export const BaseStatus = z.object({
  baseId: BaseId,
  name: z.string(),
  hubUrl: z.string(),
  startedAtMs: z.number(),
  hub: z.object({
    state: z.enum(['connecting', 'online', 'offline', 'stopped']),
    sinceMs: z.number(),
    code: ErrorCodeSchema.optional(),
  }),
  /** null: not measured yet. */
  clockOffsetMs: z.number().nullable(),
  cursor: z.object({ epoch: Epoch.nullable(), lastSeq: z.number() }),
  outbox: z.object({
    events: z.number(),
    bytes: z.number(),
    droppedReadings: z.number(),
    droppedEvents: z.number(),
    refused: z.number(),
    lastError: ErrorCodeSchema.nullable(),
  }),
  units: z.array(
    z.object({
      unitId: UnitId,
      name: z.string(),
      address: AnyUnitAddress,
      hardwareId: z.string().nullable(),
      presence: z.object({
        state: UnitState,
        code: ErrorCodeSchema.optional(),
        atMs: z.number(),
        lastContactAtMs: z.number().nullable(),
      }),
      isConnected: z.boolean(),
      waiting: z.number(),
    }),
  ),
});
export type BaseStatus = z.infer<typeof BaseStatus>;
