import { z } from 'zod';
import { EpochMs } from '../epoch-ms.ts';

/** POST /api/channels/authorize -> ChannelAuthorization: a token for this channel and socket only. */
export const ChannelAuthorizationRequest = z.strictObject({
  socketId: z.string().min(8).max(64),
  channel: z.string().max(80),
});
export type ChannelAuthorizationRequest = z.infer<typeof ChannelAuthorizationRequest>;

export const ChannelAuthorization = z.object({
  token: z.string().max(2_000),
  /** The token must be used to join before this time, ms since 1970. */
  expiresAtMs: EpochMs,
});
export type ChannelAuthorization = z.infer<typeof ChannelAuthorization>;
