import { z } from 'zod';
import { CommandStage, withNamedStage } from '../command/command-stage.ts';
import { EpochMs } from '../epoch-ms.ts';
import { ErrorCodeSchema } from '../errors.ts';
import { Refusal } from './refusal.ts';
import { CommandId, Epoch } from '../ids.ts';
import { type SiteDelta, SiteResumed, type UpdateTransfer } from './site-channel.ts';
import { SiteCursor } from '../site-cursor.ts';
import type { DiscoveryReply, DiscoveryRequest, ProbeReply, ProbeRequest } from './discovery.ts';
import type { EntryAck, LogEntry, ResumeReply, ResumeRequest } from './base-log.ts';

/** Client -> hub. */
export const JoinRequest = z.strictObject({
  channel: z.string().max(80),
  token: z.string().max(2_000),
  /** For a site's channel: the client's position. */
  after: SiteCursor.optional(),
});
export type JoinRequest = z.infer<typeof JoinRequest>;

export const LeaveRequest = z.strictObject({ channel: z.string().max(80) });
export type LeaveRequest = z.infer<typeof LeaveRequest>;
const PlainReply = z.union([z.object({ ok: z.literal(true) }), Refusal]);
type PlainReply = z.infer<typeof PlainReply>;

/** Base -> hub: progress of a slow command. Best effort; the result carries it again. */
export const CommandProgress = z.preprocess(
  withNamedStage,
  z.strictObject({
    commandId: CommandId,
    state: z.enum(['received', 'running']),
    stage: CommandStage,
    atMs: EpochMs,
  }),
);
export type CommandProgress = z.infer<typeof CommandProgress>;

/** Base -> hub: requests the hub's clock (docs/channels.md, clock offset). */
export const TimeReply = z.union([
  z.object({
    ok: z.literal(true),
    hubTimeMs: z
      .number()
      .min(EpochMs.minValue ?? 0)
      .max(EpochMs.maxValue ?? 0),
  }),
  Refusal,
]);
export type TimeReply = z.infer<typeof TimeReply>;

/** Hub -> base, every 30 s: the head of its log, so that a gap on a quiet link is found. */
export const Heartbeat = z.object({ epoch: Epoch, headSeq: z.int().nonnegative() });
export type Heartbeat = z.infer<typeof Heartbeat>;

/** Hub -> any: the channel was revoked or has expired. */
export const ChannelLeft = z.object({ channel: z.string().max(80), code: ErrorCodeSchema });
export type ChannelLeft = z.infer<typeof ChannelLeft>;

/** Hub -> any, last message before the hub closes a socket: why, and what to do. */
export const Closing = z.object({
  code: ErrorCodeSchema,
  /** never: do not reconnect. backoff: reconnect after a wait. now: reconnect at once. */
  reconnect: z.enum(['never', 'backoff', 'now']),
  /** The client caps this wait. */
  retryAfterMs: z.int().nonnegative().optional(),
});
export type Closing = z.infer<typeof Closing>;

export const JoinReply = z.union([
  z.object({
    ok: z.literal(true),
    channel: z.string().max(80),
    /** Join again with a fresh token before this time, or lose the channel. */
    grantExpiresAtMs: EpochMs,
    /**
     * For a site's channel: all deltas after it are sent. A snapshot at this cursor is
     * complete.
     */
    cursor: SiteCursor.optional(),
    /** Only if the client sent its position. */
    resumed: SiteResumed.optional(),
  }),
  Refusal,
]);
export type JoinReply = z.infer<typeof JoinReply>;

type Ack<T> = (reply: T) => void;

/** Event map for Socket.IO's types. Payloads are parsed with the schemas above all the same. */
export interface ClientToHub {
  'channel.join': (request: JoinRequest, ack: Ack<JoinReply>) => void;
  'channel.leave': (request: LeaveRequest, ack: Ack<PlainReply>) => void;
  'base.resume': (request: ResumeRequest, ack: Ack<ResumeReply>) => void;
  'command.progress': (progress: CommandProgress) => void;
  'update.progress': (progress: UpdateTransfer) => void;
  'time.get': (ack: Ack<TimeReply>) => void;
}

export interface HubToClient {
  'log.entry': (entry: LogEntry, ack: Ack<EntryAck>) => void;
  heartbeat: (beat: Heartbeat) => void;
  'units.discover': (request: DiscoveryRequest, ack: Ack<DiscoveryReply>) => void;
  'address.probe': (request: ProbeRequest, ack: Ack<ProbeReply>) => void;
  'channel.left': (left: ChannelLeft) => void;
  closing: (closing: Closing) => void;
  'site.delta': (delta: SiteDelta) => void;
}
