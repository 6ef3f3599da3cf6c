import { z } from 'zod';
import { Command } from '../command/command.ts';
import { SiteCursor } from '../site-cursor.ts';
import { SiteView } from './accounts.ts';
import { RolloutView } from '../rollout/rollout.ts';
import { BaseView } from './bases.ts';
import { UnitView } from './units.ts';

/**
 * GET /api/sites/:siteId/snapshot: everything for the first view, in one request.
 * Deltas of the same epoch with a `rev` above `cursor.rev` follow it.
 */
export const SiteSnapshot = z.object({
  site: SiteView,
  /** Read before all that follows: what changed later may be in it, and comes once more. */
  cursor: SiteCursor,
  bases: z.array(BaseView),
  units: z.array(UnitView),
  /** The caller's order of the tiles. */
  layout: z.array(z.string()),
  /** The newest 50, newest first. */
  commands: z.array(Command),
  /** The newest 20, newest first. */
  rollouts: z.array(RolloutView),
  /** Last 24 h in up to 96 means per numeric read-only property: `[atMs, mean]`. */
  sparklines: z.record(
    z.string(),
    z.record(z.string(), z.array(z.tuple([z.number(), z.number()]))),
  ),
  serverTimeMs: z.number(),
});
export type SiteSnapshot = z.infer<typeof SiteSnapshot>;
