import { z } from 'zod';
import { Role } from '../access/roles.ts';
import {
  BaseId,
  ClaimId,
  CredentialId,
  DeviceId,
  Epoch,
  FirmwareId,
  InvitationId,
  RolloutId,
  SiteId,
  UserId,
  WebhookId,
} from '../ids.ts';
import { RetentionDays } from '../retention.ts';
import { Instant } from '../json.ts';
import { RolloutHold, RolloutState } from '../rollout/rollout.ts';
import { CredentialKind, TopicSpace } from '../device/device.ts';
import { DisableReason, WebhookChange } from '../webhook/webhook-state.ts';
import { Actor } from './actor.ts';
import { CommandEnded, CommandIssued } from './command-events.ts';
import {
  PropertyChanged,
  ReadingsGapDeclared,
  UnitAdded,
  UnitChanged,
  UnitEvent,
  UnitPresenceChanged,
  UnitRemoved,
  UnitUpdateChanged,
} from './unit-events.ts';

const base = { baseId: BaseId, baseName: z.string() };
const member = { userId: UserId, userName: z.string() };
const device = { deviceId: DeviceId, deviceName: z.string() };
const credential = { ...device, credentialId: CredentialId, kind: CredentialKind };
/** Not its whole address, which may hold a secret. */
const webhook = { webhookId: WebhookId, webhookName: z.string(), host: z.string() };
const firmware = { firmwareId: FirmwareId, model: z.string(), version: z.string() };

/**
 * One event of a site. `rev` increases by one within the site's epoch, in the order in
 * which the changes were stored; (site, epoch, rev) identifies the event forever, so
 * that duplicates can be recognised.
 */
const envelope = {
  site: SiteId,
  epoch: Epoch,
  rev: z.int().positive(),
  at: Instant,
  actor: Actor,
};

/**
 * @param v of the data. Within a version, fields are only added. What changes what a reader
 * relies on (what a field means, or that it is there) is a new version, and
 * event-versions.ts brings earlier ones to it.
 */
function event<T extends string, D extends z.ZodType>(type: T, v: number, data: D) {
  return z.object({ ...envelope, type: z.literal(type), v: z.literal(v), data });
}

/** The events of a site by type, which is a noun with a past participle. */
export const SiteEvent = z.discriminatedUnion('type', [
  event('site.added', 1, z.object({ name: z.string() })),
  event('site.changed', 1, z.object({ name: z.string() })),
  event('site.retention_changed', 1, RetentionDays),
  event(
    'member.invited',
    1,
    z.object({ invitationId: InvitationId, role: Role, expiresAt: Instant }),
  ),
  event('member.added', 1, z.object({ ...member, role: Role })),
  event('member.changed', 1, z.object({ ...member, role: Role })),
  event('member.removed', 1, z.object(member)),
  event(
    'claim_code.created',
    1,
    z.object({ claimId: ClaimId, baseName: z.string(), expiresAt: Instant }),
  ),
  event('base.added', 1, z.object({ ...base, version: z.string() })),
  event('base.changed', 1, z.object({ ...base, changes: z.object({ name: z.string() }) })),
  event('base.removed', 1, z.object(base)),
  event(
    'base.presence_changed',
    1,
    z.object({ ...base, state: z.enum(['online', 'offline']), since: Instant }),
  ),
  event('unit.added', 2, UnitAdded),
  event('unit.changed', 1, UnitChanged),
  event('unit.removed', 2, UnitRemoved),
  event('unit.presence_changed', 1, UnitPresenceChanged),
  event('unit.event', 1, UnitEvent),
  event('unit.update_changed', 1, UnitUpdateChanged),
  event('property.changed', 1, PropertyChanged),
  event('readings.gap_declared', 1, ReadingsGapDeclared),
  event('command.issued', 2, CommandIssued),
  event('command.ended', 2, CommandEnded),
  event('device.added', 1, z.object({ ...device, clientId: z.string() })),
  event(
    'device.changed',
    1,
    z.object({
      ...device,
      changes: z.object({ name: z.string(), topicSpace: TopicSpace.nullable() }).partial(),
    }),
  ),
  event('device.removed', 1, z.object({ ...device, clientId: z.string() })),
  event('device.credential_added', 1, z.object({ ...credential, expiresAt: Instant.nullable() })),
  event('device.credential_removed', 1, z.object(credential)),
  event('webhook.added', 1, z.object(webhook)),
  event('webhook.changed', 1, z.object({ ...webhook, changes: z.array(WebhookChange) })),
  event('webhook.disabled', 1, z.object({ ...webhook, reason: DisableReason })),
  event('webhook.removed', 1, z.object(webhook)),
  event(
    'rollout.changed',
    1,
    z.object({
      rolloutId: RolloutId,
      model: z.string(),
      version: z.string(),
      state: RolloutState,
      step: z.int().nonnegative(),
      hold: RolloutHold.nullable(),
    }),
  ),
  event('firmware.added', 1, z.object(firmware)),
  event('firmware.removed', 1, z.object({ ...firmware, version: z.string().optional() })),
  event('firmware.trust_changed', 1, z.object({ keys: z.int().nonnegative() })),
]);
export type SiteEvent = z.infer<typeof SiteEvent>;
export type SiteEventType = SiteEvent['type'];
export type SiteEventOf<T extends SiteEventType> = Extract<SiteEvent, { readonly type: T }>;
export type SiteEventData<T extends SiteEventType> = SiteEventOf<T>['data'];

const VERSIONS: ReadonlyMap<string, number> = new Map(
  SiteEvent.options.map(({ shape }) => [shape.type.value, shape.v.value]),
);

export const SITE_EVENT_TYPES: readonly SiteEventType[] = SiteEvent.options.map(
  ({ shape }) => shape.type.value,
);

/** The version in which data of this type is written now. */
export function versionOf(type: SiteEventType): number {
  return VERSIONS.get(type) ?? 1;
}

/** Events that serve as an audit log and are kept longer. */
export const AUDIT_TYPES: readonly SiteEventType[] = SITE_EVENT_TYPES.filter(
  (type) =>
    type !== 'base.presence_changed' &&
    /^(site|member|claim_code|base|device|firmware|rollout|webhook)\./.test(type),
);
