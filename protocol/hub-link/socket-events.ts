import { z } from 'zod';
import { AffordanceName, Command, Hop, TraceStep } from '../command/command.ts';
import { EpochMs } from '../epoch-ms.ts';
import { ErrorCodeSchema } from '../errors.ts';
import { Refusal } from './refusal.ts';
import { BaseView } from '../http/bases.ts';
import { UnitView } from '../http/units.ts';
import { CommandId, Epoch, UnitId } from '../ids.ts';
import { Json } from '../json.ts';
import { RolloutView } from '../rollout/rollout.ts';
import { UpdateProgress } from '../update/update-state.ts';
import { Reading, ReadingGap } from '../reading.ts';
import type { DiscoveryReply, DiscoveryRequest, ProbeReply, ProbeRequest } from './discovery.ts';
import type { EntryAck, LogEntry, ResumeReply, ResumeRequest } from './base-log.ts';

/** Client -> hub. */
export const JoinRequest = z.strictObject({
  channel: z.string().max(80),
  token: z.string().max(2_000),
});
export type JoinRequest = z.infer<typeof JoinRequest>;
export const JoinReply = z.union([
  z.object({
    ok: z.literal(true),
    channel: z.string().max(80),
    /** Join again with a fresh token before this time, or lose the channel. */
    grantExpiresAtMs: EpochMs,
    /** Of a site's channel: all deltas above it come. Whoever has a snapshot of it needs no other. */
    cursor: z.object({ epoch: Epoch, rev: z.int().nonnegative() }).optional(),
  }),
  Refusal,
]);
export type JoinReply = z.infer<typeof JoinReply>;

export const LeaveRequest = z.strictObject({ channel: z.string().max(80) });
export type LeaveRequest = z.infer<typeof LeaveRequest>;
export const PlainReply = z.union([z.object({ ok: z.literal(true) }), Refusal]);
export type PlainReply = z.infer<typeof PlainReply>;

/** Base -> hub: how far a command is, while it takes long. Best effort; the result carries it again. */
export const CommandProgress = z.strictObject({
  commandId: CommandId,
  state: z.enum(['received', 'running']),
  hop: Hop,
  atMs: EpochMs,
});
export type CommandProgress = z.infer<typeof CommandProgress>;

/** Base -> hub: how far the transfer to a unit is, at most once a second. Best effort. */
export const UpdateTransfer = UpdateProgress.pick({
  updateId: true,
  unitId: true,
  doneBytes: true,
  totalBytes: true,
});
export type UpdateTransfer = z.infer<typeof UpdateTransfer>;

/** Base -> hub: asks for the hub's clock (docs/channels.md, clock offset). */
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

/** Hub -> any: a channel was taken away. */
export const ChannelLeft = z.object({ channel: z.string().max(80), code: ErrorCodeSchema });
export type ChannelLeft = z.infer<typeof ChannelLeft>;

/** Hub -> any, last message before the hub closes a socket: why, and what to do. */
export const Closing = z.object({
  code: ErrorCodeSchema,
  /** never: do not come back. backoff: come back after a wait. now: come back at once. */
  reconnect: z.enum(['never', 'backoff', 'now']),
  /** Beyond its bound it is not a hub's; how much of it is obeyed, is for the client to say. */
  retryAfterMs: z.int().nonnegative().optional(),
});
export type Closing = z.infer<typeof Closing>;

/**
 * Hub -> dashboard on a site channel. `rev` counts by one per site within
 * `epoch` (one run of the hub); a jump means that something was missed and
 * the snapshot must be fetched again.
 */
const revision = { epoch: Epoch, rev: z.int().positive() };

export const SiteDeltas = {
  'unit.changed': z.object({ ...revision, unit: UnitView }),
  /** All values and wishes of a unit, of which nothing else has changed. */
  'unit.values': z.object({
    ...revision,
    unitId: UnitId,
    reported: UnitView.shape.reported,
    desired: UnitView.shape.desired,
  }),
  'unit.removed': z.object({ ...revision, unitId: UnitId }),
  'unit.event': z.object({
    ...revision,
    unitId: UnitId,
    event: z.string(),
    data: Json.optional(),
    atMs: EpochMs,
  }),
  'base.changed': z.object({ ...revision, base: BaseView }),
  'base.removed': z.object({ ...revision, baseId: z.string() }),
  'command.changed': z.object({ ...revision, command: Command, trace: z.array(TraceStep) }),
  /** How far a command is that has not ended: what it brings is in no snapshot for long. */
  'command.progress': z.object({
    ...revision,
    commandId: CommandId,
    state: z.enum(['received', 'running']),
    step: TraceStep,
  }),
  'readings.added': z.object({
    ...revision,
    unitId: UnitId,
    readings: z.array(Reading),
    /** Properties whose newest of these readings is the value in force; the others came late. */
    inForce: z.array(AffordanceName),
  }),
  'readings.dropped': z.object({ ...revision, unitId: UnitId, gap: ReadingGap }),
  'rollout.changed': z.object({ ...revision, rollout: RolloutView }),
  /** How far the transfer to a unit is; its states come with `unit.changed`. */
  'update.progress': z.object({ ...revision, ...UpdateTransfer.shape }),
} as const;
export type SiteDeltaName = keyof typeof SiteDeltas;
export type SiteDelta<N extends SiteDeltaName> = z.infer<(typeof SiteDeltas)[N]>;
/** A delta before the publisher has given it its revision. */
export type SiteDeltaBody<N extends SiteDeltaName> = Omit<SiteDelta<N>, 'epoch' | 'rev'>;

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

export type HubToClient = {
  'log.entry': (entry: LogEntry, ack: Ack<EntryAck>) => void;
  heartbeat: (beat: Heartbeat) => void;
  'units.discover': (request: DiscoveryRequest, ack: Ack<DiscoveryReply>) => void;
  'address.probe': (request: ProbeRequest, ack: Ack<ProbeReply>) => void;
  'channel.left': (left: ChannelLeft) => void;
  closing: (closing: Closing) => void;
} & { [N in SiteDeltaName]: (delta: SiteDelta<N>) => void };
