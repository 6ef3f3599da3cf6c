import { z } from 'zod';
import { MessageProperties } from '../kernel/mqtt-message.ts';
import { SitePart } from '#protocol/hub-link/site-channel.ts';
import {
  BaseId,
  CommandId,
  CredentialId,
  DeviceId,
  Epoch,
  HubId,
  RequestId,
  SessionId,
  SiteId,
  TokenId,
  UnitId,
  UserId,
} from '#protocol/ids.ts';

const Position = z.int().nonnegative();

/** What was stored in a site, by one commit or several. */
const SiteHint = z.object({
  kind: z.literal('site'),
  site: SiteId,
  /** Events: the first and the last revision. */
  events: z.object({ epoch: Epoch, from: Position, rev: Position }).optional(),
  /** More of a unit than its values is other than before. */
  unitsChanged: z.literal(true).optional(),
  readings: Position.optional(),
  /** Units of which values or desired values are others. */
  values: z.array(UnitId).optional(),
  /** Shown to who watches the site, and kept by nobody; for hubs that have watchers. */
  parts: z.array(SitePart).optional(),
  /** Some part of this commit is not sent: a watcher reads what the events are about. */
  isIncomplete: z.literal(true).optional(),
});

/** Of a request to a base. */
export const RequestPayload = z.record(z.string(), z.json());

/** Something that only the hub which has the connection of a base can do. */
const RequestHint = z.object({
  kind: z.literal('request'),
  id: RequestId,
  from: HubId,
  to: HubId,
  base: BaseId,
  name: z.enum(['units.discover', 'address.probe']),
  payload: RequestPayload,
  timeoutMs: z.int().positive().max(120_000),
});

/** A part of the answer, as JSON. */
const ReplyHint = z.object({
  kind: z.literal('reply'),
  to: HubId,
  id: RequestId,
  part: z.int().nonnegative().max(1_000),
  parts: z.int().positive().max(1_000),
  text: z.string(),
});

/** What the broker of a hub lets those of the others know. */
const BrokerHint = z.discriminatedUnion('kind', [
  /** Messages of the site are stored up to this one. */
  z.object({ kind: z.literal('mqtt_stored'), site: SiteId, seq: Position }),
  /** A message that nobody stores. */
  z.object({
    kind: z.literal('mqtt_passing'),
    message: z.object({
      site: SiteId,
      topic: z.string(),
      /** Base64. */
      payload: z.string(),
      properties: MessageProperties.nullable(),
      expiresAtMs: z.number().nullable(),
      author: z.string(),
      sessionKey: Position.nullable(),
    }),
  }),
  /** The sender has clients that subscribe in this site; repeated as long as it has. */
  z.object({ kind: z.literal('mqtt_subscribed'), site: SiteId, isShared: z.boolean() }),
  /** The session of a client has a connection of this generation at the sender. */
  z.object({ kind: z.literal('mqtt_session_taken'), key: Position, generation: Position }),
]);
export type BrokerHint = z.infer<typeof BrokerHint>;

/**
 * What one hub sends to the others. A hint may be lost, doubled or late: it says where to look,
 * and what is found there decides. A loss is noticed by its number within a second, and
 * then everything is looked at.
 */
export const Hint = z.discriminatedUnion('kind', [
  SiteHint,
  RequestHint,
  ReplyHint,
  ...BrokerHint.options,
  /** The sender has clients that watch this site; repeated as long as it has. */
  z.object({ kind: z.literal('watched'), site: SiteId }),
  /** The log of a base has entries up to this one. */
  z.object({ kind: z.literal('log'), base: BaseId, seq: Position }),
  /** The base has a newer connection than this one, which is of the receiver. */
  z.object({ kind: z.literal('superseded'), base: BaseId, connection: z.string().max(60) }),
  /** A consumer of events has something to do. */
  z.object({ kind: z.literal('dirty'), consumer: z.string().max(60) }),
  /** Commands of a device wait, or are to be cancelled. */
  z.object({ kind: z.literal('device'), device: DeviceId }),
  /** A command has ended. */
  z.object({ kind: z.literal('ended'), command: CommandId }),
  /** A right was revoked, or is another one. */
  z.object({
    kind: z.literal('revoked'),
    revocation: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('session'), sessionId: SessionId }),
      z.object({ kind: z.literal('token'), tokenId: TokenId }),
      z.object({ kind: z.literal('member'), userId: UserId, siteId: SiteId }),
      z.object({ kind: z.literal('base'), baseId: BaseId }),
      z.object({ kind: z.literal('device'), deviceId: DeviceId }),
      z.object({
        kind: z.literal('credential'),
        deviceId: DeviceId,
        credentialId: CredentialId,
      }),
      z.object({ kind: z.literal('device_changed'), deviceId: DeviceId }),
      z.object({ kind: z.literal('session_changed'), sessionId: SessionId }),
      z.object({ kind: z.literal('members_changed'), siteId: SiteId }),
    ]),
  }),
]);
export type Hint = z.infer<typeof Hint>;
export type RequestHint = z.infer<typeof RequestHint>;
export type ReplyHint = z.infer<typeof ReplyHint>;
export type SiteHint = z.infer<typeof SiteHint>;
