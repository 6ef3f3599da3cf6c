import { z } from 'zod';

/**
 * Ids of everything in Signalbox: UUID version 7 (RFC 9562 section 5.7), lower case.
 * Branded per noun, so that a unit's id is never used where a base's is expected. Only
 * this file makes a branded id from a plain string without parsing it.
 */
const uuidV7 = z
  .string()
  .regex(
    /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    'must be a UUID version 7 in lower case',
  );

export const UserId = uuidV7.brand<'UserId'>();
export type UserId = z.infer<typeof UserId>;
export const SiteId = uuidV7.brand<'SiteId'>();
export type SiteId = z.infer<typeof SiteId>;
export const BaseId = uuidV7.brand<'BaseId'>();
export type BaseId = z.infer<typeof BaseId>;
/** One run of a hub: a new one at each start. */
export const HubId = uuidV7.brand<'HubId'>();
export type HubId = z.infer<typeof HubId>;
/** A request of one hub to another. */
export const RequestId = uuidV7.brand<'RequestId'>();
export type RequestId = z.infer<typeof RequestId>;
/** A client of the hub's MQTT broker. */
export const DeviceId = uuidV7.brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;
/** What a device shows to connect: a certificate or a password. */
export const CredentialId = uuidV7.brand<'CredentialId'>();
export type CredentialId = z.infer<typeof CredentialId>;
export const UnitId = uuidV7.brand<'UnitId'>();
export type UnitId = z.infer<typeof UnitId>;
export const CommandId = uuidV7.brand<'CommandId'>();
export type CommandId = z.infer<typeof CommandId>;
export const EventId = uuidV7.brand<'EventId'>();
export type EventId = z.infer<typeof EventId>;
export const SessionId = uuidV7.brand<'SessionId'>();
export type SessionId = z.infer<typeof SessionId>;
export const TokenId = uuidV7.brand<'TokenId'>();
export type TokenId = z.infer<typeof TokenId>;
/** A program that requests a token of a person. */
export const DeviceLoginId = uuidV7.brand<'DeviceLoginId'>();
export type DeviceLoginId = z.infer<typeof DeviceLoginId>;
export const ClaimId = uuidV7.brand<'ClaimId'>();
export type ClaimId = z.infer<typeof ClaimId>;
export const InvitationId = uuidV7.brand<'InvitationId'>();
export type InvitationId = z.infer<typeof InvitationId>;
/** One image for one unit. */
export const UpdateId = uuidV7.brand<'UpdateId'>();
export type UpdateId = z.infer<typeof UpdateId>;
export const FirmwareId = uuidV7.brand<'FirmwareId'>();
export type FirmwareId = z.infer<typeof FirmwareId>;
export const RolloutId = uuidV7.brand<'RolloutId'>();
export type RolloutId = z.infer<typeof RolloutId>;
/** An address that a site's events are sent to. */
export const WebhookId = uuidV7.brand<'WebhookId'>();
export type WebhookId = z.infer<typeof WebhookId>;
/** What is sent to webhooks: the same on every attempt, at every endpoint. */
export const MessageId = uuidV7.brand<'MessageId'>();
export type MessageId = z.infer<typeof MessageId>;
/** A message for one webhook. */
export const DeliveryId = uuidV7.brand<'DeliveryId'>();
export type DeliveryId = z.infer<typeof DeliveryId>;
/** Names one life of a log or an outbox; sequence numbers belong to it. */
export const Epoch = uuidV7.brand<'Epoch'>();
export type Epoch = z.infer<typeof Epoch>;

type AnyId =
  | typeof UserId
  | typeof SiteId
  | typeof BaseId
  | typeof HubId
  | typeof RequestId
  | typeof DeviceId
  | typeof CredentialId
  | typeof UnitId
  | typeof CommandId
  | typeof EventId
  | typeof SessionId
  | typeof TokenId
  | typeof DeviceLoginId
  | typeof ClaimId
  | typeof InvitationId
  | typeof UpdateId
  | typeof FirmwareId
  | typeof RolloutId
  | typeof WebhookId
  | typeof MessageId
  | typeof DeliveryId
  | typeof Epoch;

/**
 * A new id of the given kind: `newId(CommandId)`.
 *
 * @param nowMs milliseconds since 1970; ids made later sort later.
 */
export function newId<T extends AnyId>(_kind: T, nowMs: number = Date.now()): z.infer<T> {
  // Where a page came without TLS a browser has no randomUUID.
  const hasRandomIds = 'randomUUID' in crypto;
  if (!hasRandomIds) {
    return uuidV7From(nowMs, crypto.getRandomValues(new Uint8Array(10))) as z.infer<T>;
  }
  // Uses the random bits of a version 4 UUID, which engines prepare in bulk: an eighth of the cost
  // of generating and formatting ten bytes.
  const time = Math.floor(nowMs).toString(16).padStart(12, '0');
  const random = crypto.randomUUID().slice(15);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random}` as z.infer<T>;
}

/** The UUID version 7 of a time and 10 random bytes (RFC 9562 section 5.7). */
export function uuidV7From(nowMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(nowMs) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  const versioned = (bytes[6] ?? 0) & 0x0f;
  const variant = (bytes[8] ?? 0) & 0x3f;
  bytes[6] = 0x70 | versioned;
  bytes[8] = 0x80 | variant;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

/**
 * The tag under which a unit remembers a command: the last 8 bytes of its
 * id, big-endian (docs/unit-link.md section 6.1). Never 0, since the variant
 * bits of a UUID are in it.
 */
export function commandTagOf(id: CommandId): bigint {
  return BigInt(`0x${id.replaceAll('-', '').slice(16)}`);
}
