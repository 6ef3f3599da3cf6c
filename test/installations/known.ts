import { z } from 'zod';
import { HistoryPoint } from '#protocol/http/units.ts';
import { BaseId, CommandId, SiteId, UnitId } from '#protocol/ids.ts';

/** What was true of an installation when it was stopped, as its owner could see it. */
export const KnownInstallation = z.strictObject({
  /** When it was stopped: at this time everything that is kept for a while still exists. */
  atMs: z.int(),
  owner: z.strictObject({ email: z.string(), password: z.string() }),
  /** Reads, and reaches its owner's sites. */
  token: z.string(),
  siteId: SiteId,
  baseId: BaseId,
  members: z.int(),
  units: z.strictObject({ lamp: UnitId, sensor: UnitId }),
  commands: z.strictObject({
    succeeded: z.array(CommandId),
    expired: z.array(CommandId),
    /** Stored for a base that was away. */
    waiting: z.array(CommandId),
  }),
  readings: z.strictObject({
    property: z.string(),
    sinceMs: z.int(),
    points: z.array(HistoryPoint),
  }),
  /** Events that the base still owed its hub. */
  owedEvents: z.int(),
});
export type KnownInstallation = z.infer<typeof KnownInstallation>;
