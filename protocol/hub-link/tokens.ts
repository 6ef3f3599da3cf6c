import { z } from 'zod';
import { BaseId } from '../ids.ts';

/** `aud` of a base's client assertion, and of a channel token. */
export const ASSERTION_AUDIENCE = 'signalbox:hub';
export const CHANNEL_AUDIENCE = 'signalbox:channel';

/** Longest life of an assertion: the base makes a new one for each connect and call. */
export const ASSERTION_TTL_SECONDS = 60;

/**
 * Claims of the JWT (EdDSA) with which a base proves who it is (RFC 7523
 * section 3): on the socket handshake as `auth.assertion`, on HTTP as bearer.
 */
export const AssertionClaims = z.object({
  iss: BaseId,
  sub: BaseId,
  aud: z.literal(ASSERTION_AUDIENCE),
  iat: z.int(),
  exp: z.int(),
  jti: z.string().min(16).max(64),
});
export type AssertionClaims = z.infer<typeof AssertionClaims>;

/** Claims of a channel token: good for exactly one channel and one socket. */
export const ChannelTokenClaims = z.object({
  aud: z.literal(CHANNEL_AUDIENCE),
  /** `user:<id>`, `token:<id>` or `base:<id>`. */
  sub: z.string(),
  /** The channel's name. */
  chn: z.string(),
  /** The socket's id. */
  sid: z.string(),
  iat: z.int(),
  /** Until when the token may be used to join. */
  exp: z.int(),
  /** Until when the membership lasts, in seconds since 1970. */
  grt: z.int(),
});
export type ChannelTokenClaims = z.infer<typeof ChannelTokenClaims>;
