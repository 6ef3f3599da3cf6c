import { z } from 'zod';
import { SitePart } from '#protocol/hub-link/site-channel.ts';
import {
  BaseId,
  CommandId,
  Epoch,
  SessionId,
  SiteId,
  TokenId,
  UnitId,
  UserId,
} from '#protocol/ids.ts';

const Position = z.int().nonnegative();

/**
 * What one hub says to the others. A hint may be lost, doubled or late: it says where to
 * look, and what is found there decides. Only `live` and `revoked` carry what is nowhere
 * else to be found; what loses them heals by itself within a stated time.
 */
export const Hint = z.discriminatedUnion('kind', [
  /** Events of a site up to this revision are stored. */
  z.object({ kind: z.literal('events'), site: SiteId, epoch: Epoch, rev: Position }),
  /** Readings of a site up to this position are stored. */
  z.object({ kind: z.literal('readings'), site: SiteId, position: Position }),
  /** Values or desired values of a unit are others. */
  z.object({ kind: z.literal('values'), site: SiteId, unit: UnitId }),
  /** The log of a base has entries up to this one, or began another life. */
  z.object({ kind: z.literal('log'), base: BaseId, seq: Position }),
  /** A consumer of events has something to do. */
  z.object({ kind: z.literal('dirty'), consumer: z.string().max(60) }),
  /** Commands have ended, and whoever waits for that may look. */
  z.object({ kind: z.literal('ended'), command: CommandId }),
  /** Shown to who watches the site, and kept by nobody. */
  z.object({ kind: z.literal('live'), site: SiteId, part: SitePart }),
  /** A right was taken back: whoever remembers it forgets it. */
  z.object({
    kind: z.literal('revoked'),
    revocation: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('session'), sessionId: SessionId }),
      z.object({ kind: z.literal('token'), tokenId: TokenId }),
      z.object({ kind: z.literal('member'), userId: UserId, siteId: SiteId }),
      z.object({ kind: z.literal('base'), baseId: BaseId }),
    ]),
  }),
]);
export type Hint = z.infer<typeof Hint>;
